from nmdc_runtime.site.presets import current_preset


def test_sensors_look_as_often_as_the_settings_say(monkeypatch):
    usual = current_preset()
    monkeypatch.setenv("NMDC_DAGSTER__SENSOR_INTERVAL_S", "3")

    assert current_preset().sensor_interval_s == 3
    assert current_preset().environment is usual.environment
    assert usual.sensor_interval_s != 3
