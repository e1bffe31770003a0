"""Forms of the record, one module for each thing one fills in."""
