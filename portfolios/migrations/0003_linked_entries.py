from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('portfolios', '0002_every_kind_of_event'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(condition=models.Q(('link__isnull', False)), fields=['portfolio'], name='linked_entries'),
        ),
    ]
