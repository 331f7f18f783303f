"""The sheets of the audit workbook, one module each, on top of :mod:`book`."""
