from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market', '0008_benchmarks'),
    ]

    operations = [
        migrations.AddField(
            model_name='classification',
            name='before',
            field=models.JSONField(blank=True, null=True),
        ),
    ]
