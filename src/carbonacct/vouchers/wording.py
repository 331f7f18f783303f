"""What decisions call things: the titles and option names of the rules file, in the language in force."""

from __future__ import annotations

from typing import Any

from carbonacct.messages import language, say
from carbonacct.schema.models import Title
from carbonacct.vouchers.shape import VoucherRules


def text(title: Title | str) -> str:
    """A title in the language in force; a text of one language as it is."""
    return title if isinstance(title, str) else str(title.zh if language() == "zh" else title.en)


def both(message: str, **words: Any) -> Title:
    """A message in both languages; words that are titles come in each."""

    def told(lang: str) -> str:
        return say(
            message, lang, **{key: getattr(word, lang) if isinstance(word, Title) else word for key, word in words.items()}
        )

    return Title(zh=told("zh"), en=told("en"))


def listed(titles: list[Title], separator: str = "voucher.comma") -> Title:
    """Titles in a row."""
    return Title(zh=say(separator, "zh").join(t.zh for t in titles), en=say(separator, "en").join(t.en for t in titles))


def title_of(model: VoucherRules, name: str) -> Title:
    """What a name in a formula is called."""
    for known in (model.parameters, model.facts, model.redemption_facts):
        if name in known:
            title: Title = known[name].title
            return title
    return both(f"voucher.name.{name}")


def option_of(model: VoucherRules, name: str, value: Any) -> Title | None:
    """What an option is called; None where the value is no option."""
    if name == "state":
        return model.states[value].title
    fact = model.facts.get(name) or model.redemption_facts.get(name)
    kind = "yes_no" if name == "provider_listed" else fact and fact.kind
    if value is None:
        return None
    match kind:
        case "choice" if fact is not None:
            return fact.options[value]
        case "type":
            return model.types[value].title
        case "yes_no":
            return both(f"voucher.{value}")
    return None
