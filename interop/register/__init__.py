"""A clinic's spreadsheet, read and understood. Values in, values out: no database here.

    file bytes -> sheet.open_sheet -> columns.guess -> dates.Evidence -> understanding.understand

Nothing in here decides for a person: what is doubtful is a `Problem` with the choices that
resolve it, and a `code` the page turns into words.
"""
