"""Words that every part of the Runtime uses: errors, the clock, pages."""
