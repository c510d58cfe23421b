"""The pages behind the links in mails: built-in HTML, one's own folder (`pages.pagesPath`), languages, redirects.

`render.py` fills a template, `site.py` finds the page for a request, `*.html` are the built-in pages. Source: contract/11, section 10.
Whatever a visitor sent is escaped wherever it is shown, and no path leaves the folder of pages.
"""
