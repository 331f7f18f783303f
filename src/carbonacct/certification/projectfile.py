"""Project files: what ``carbonacct score identify --file`` reads; each problem at its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from carbonacct.certification.problems import located
from carbonacct.certification.taxonomy import Identification, identify
from carbonacct.errors import InputError, NotFoundError
from carbonacct.schema import files, yaml
from carbonacct.schema.models import Model, Text, _as_list

Texts = Annotated[list[Text], BeforeValidator(_as_list)]


class Project(Model):
    """The shape of a project file."""

    description: Text
    codes: Texts = Field(default_factory=list)
    technologies: Texts = Field(default_factory=list)
    edition: Text = "gic2019"
    conditions: dict[str, bool] = Field(default_factory=dict)


@dataclass(frozen=True)
class ProjectFile:
    """A read project file; :meth:`identify` identifies it."""

    document: yaml.Document
    data: Project

    def identify(self) -> Identification:
        """The answer. Raises FileError with file:line:column for each problem."""
        data = self.data
        try:
            return identify(
                data.description,
                data.codes,
                technologies=data.technologies,
                edition=data.edition,
                conditions=data.conditions,
            )
        except InputError as error:
            raise located(self.document, error, "codes") from None
        except NotFoundError as error:
            raise located(self.document, error, "edition") from None


def read(path: Path) -> ProjectFile:
    """Read a project file. Raises FileError with all its problems."""
    document = yaml.load(path)
    return ProjectFile(document, files.validate(document, Project))
