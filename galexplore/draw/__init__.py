"""Arrays to pictures: JPEG, PNG, GIF and SVG bytes, north up and east left.

Takes flux and the survey it was taken by; knows no galaxy by name.
"""
