"""What is kept from run to run: selection, uploads, sliders, labels' owner, the address.

What the keys of the session's state hold is told here, in the module that cares for them; Streamlit alone is behind it.
"""
