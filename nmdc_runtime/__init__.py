"""NMDC Runtime: the hub of the National Microbiome Data Collaborative."""
