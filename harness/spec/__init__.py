"""What a study file may say: components by name, the types of their options, and the values Part,
Fit and Trial.
"""
