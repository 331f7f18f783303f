"""The engine: compile a methodology once, then run its plan on one entity or on millions of lines."""
