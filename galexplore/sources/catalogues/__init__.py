"""Catalogues of real galaxies: who has them, what is asked of them, which rows are kept, and their cutouts on disk.

Every request goes through the one `Session` that is handed in; tables come out in the names of `tables.columns`.
"""
