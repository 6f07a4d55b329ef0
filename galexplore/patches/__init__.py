"""A survey patch by patch: read or cut, embed, write one file, drop the pixels; and the catalogue of all at the end.

The room of engines: a plain loop and Dask do the same work and write the same bytes; it is also where LSDB is known.
"""
