from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    """In the place of django.contrib.admin: the same, with our site."""

    default_site = "accounts.roles.site.StaffSite"
