"""NMDC's Submission Portal: from a submission's forms and tabs to documents.

`tabs` reads a submission into rows and samples, `slots` turns cells into what the schema's slots
hold, `study` makes the study, `samples` the samples and the processes between them, `sequencing`
the runs and files, `checking` holds the whole against the schema. `translator` puts them together.
A cell that cannot be used is left out and reported by tab, row, column, value and rule; a sample
that lacks what the schema demands, or whose links lead nowhere, is an error.
"""
