"""The seven pages of the explorer; `app.py` navigates between them.

Streamlit stands here alone: what is computed is computed in `galexplore`.
"""
