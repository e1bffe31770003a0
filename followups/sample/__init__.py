"""The sample clinic: made-up people with years of history in every state. Deterministic; never in production."""
