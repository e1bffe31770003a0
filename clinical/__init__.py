"""The medicine: pure functions and values. Standard library only; knows no database and no day."""
