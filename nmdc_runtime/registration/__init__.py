"""Registration: a new site comes with its administrator and the right to mint, or not at all.

Owns the route ``POST /sites``; uses sites, users and identifiers.
"""
