"""Reference pages and example files as text, written from the code; `regen` stores them."""
