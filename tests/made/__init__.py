"""Builders of fake results that several tests share."""
