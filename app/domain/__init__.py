"""The words of Portcullis as frozen values. Imports nothing but the standard library."""
