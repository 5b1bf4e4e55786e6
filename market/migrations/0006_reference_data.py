
import django.db.models.deletion
import portfolio_site.web.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('market', '0005_news'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='sourcesymbol',
            name='profile_retry_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name='Classification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asset_class', models.CharField(blank=True, choices=[('stock', 'Shares'), ('etf', 'Exchange-traded funds'), ('fund', 'Funds'), ('bond', 'Bonds'), ('crypto', 'Crypto'), ('commodity', 'Commodities'), ('index', 'Indices'), ('currency', 'Currencies'), ('property', 'Property'), ('other', 'Other')], max_length=12)),
                ('sector', models.CharField(blank=True, max_length=60)),
                ('industry', models.CharField(blank=True, max_length=80)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('region', models.CharField(blank=True, max_length=40)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('instrument', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='classifications', to='market.instrument')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='classifications', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['instrument', 'owner'],
            },
        ),
        migrations.CreateModel(
            name='SourceProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=20)),
                ('fetched_at', models.DateTimeField()),
                ('asset_class', models.CharField(blank=True, choices=[('stock', 'Shares'), ('etf', 'Exchange-traded funds'), ('fund', 'Funds'), ('bond', 'Bonds'), ('crypto', 'Crypto'), ('commodity', 'Commodities'), ('index', 'Indices'), ('currency', 'Currencies'), ('property', 'Property'), ('other', 'Other')], max_length=12)),
                ('sector', models.CharField(blank=True, max_length=60)),
                ('said_sector', models.CharField(blank=True, max_length=60)),
                ('industry', models.CharField(blank=True, max_length=80)),
                ('country', models.CharField(blank=True, max_length=2)),
                ('isin', models.CharField(blank=True, max_length=12, verbose_name='ISIN')),
                ('instrument', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='profiles', to='market.instrument')),
            ],
            options={
                'ordering': ['instrument', 'source'],
            },
        ),
        migrations.CreateModel(
            name='FundWeight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dimension', models.CharField(choices=[('asset_class', 'Class'), ('sector', 'Sector'), ('country', 'Country'), ('region', 'Region'), ('holding', 'Holding')], max_length=12)),
                ('key', models.CharField(blank=True, max_length=200)),
                ('name', models.CharField(max_length=200)),
                ('weight', portfolio_site.web.fields.ExactDecimalField()),
                ('classification', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='weights', to='market.classification')),
                ('profile', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='weights', to='market.sourceprofile')),
            ],
            options={
                'ordering': ['dimension', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='classification',
            constraint=models.UniqueConstraint(condition=models.Q(('owner', None)), fields=('instrument',), name='classified_once_for_everybody'),
        ),
        migrations.AddConstraint(
            model_name='classification',
            constraint=models.UniqueConstraint(condition=models.Q(('owner', None), _negated=True), fields=('owner', 'instrument'), name='classified_once_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='sourceprofile',
            constraint=models.UniqueConstraint(fields=('instrument', 'source'), name='one_profile_of_a_source'),
        ),
        migrations.AddConstraint(
            model_name='fundweight',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('classification', None), ('profile__isnull', False)), models.Q(('classification__isnull', False), ('profile', None)), _connector='OR'), name='weight_of_one_teller'),
        ),
        migrations.AddConstraint(
            model_name='fundweight',
            constraint=models.UniqueConstraint(condition=models.Q(('profile', None), _negated=True), fields=('profile', 'dimension', 'name'), name='weight_once_of_a_source'),
        ),
        migrations.AddConstraint(
            model_name='fundweight',
            constraint=models.UniqueConstraint(condition=models.Q(('classification', None), _negated=True), fields=('classification', 'dimension', 'name'), name='weight_once_of_a_person'),
        ),
    ]
