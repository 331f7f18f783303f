"""The YAML files: places, models, search path, tables."""
