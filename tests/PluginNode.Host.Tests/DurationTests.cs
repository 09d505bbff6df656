using PluginNode.Configuration;

namespace PluginNode.Host.Tests;

public sealed class DurationTests
{
    [TestCase("250ms", 250)]
    [TestCase("10s", 10_000)]
    [TestCase("1.5s", 1_500)]
    [TestCase("15m", 900_000)]
    [TestCase("12h", 43_200_000)]
    [TestCase("7d", 604_800_000)]
    [TestCase("0s", 0)]
    [TestCase("PT10S", 10_000)]
    [TestCase("P1DT1H", 90_000_000)]
    [TestCase("PT5M", 300_000)]
    public void TryParse_KnownForm_GivesTheSpan(string text, double milliseconds)
    {
        Assert.That(Duration.TryParse(text, out var duration), Is.True);
        Assert.That(duration.Value.TotalMilliseconds, Is.EqualTo(milliseconds));
    }

    [TestCase("")]
    [TestCase("10")]
    [TestCase("s")]
    [TestCase("-1s")]
    [TestCase("1 s")]
    [TestCase("1sm")]
    [TestCase("1e3s")]
    [TestCase("NaNs")]
    [TestCase("1w")]
    [TestCase("P1M")]
    [TestCase("P1Y")]
    [TestCase("-PT1S")]
    [TestCase("PT")]
    [TestCase("40000d")]
    [TestCase("99999999999999999999999999999d")]
    public void TryParse_AnythingElse_IsFalse(string text) => Assert.That(Duration.TryParse(text, out _), Is.False);

    [TestCase("90s", "90s")]
    [TestCase("120s", "2m")]
    [TestCase("24h", "1d")]
    [TestCase("0s", "0s")]
    [TestCase("PT0.25S", "250ms")]
    public void ToString_GivesTheShortestForm(string text, string shortest)
    {
        Assert.That(Duration.TryParse(text, out var duration), Is.True);
        Assert.That(duration.ToString(), Is.EqualTo(shortest));
    }
}

public sealed class ByteSizeTests
{
    [TestCase("0", 0)]
    [TestCase("512", 512)]
    [TestCase("512B", 512)]
    [TestCase("16KiB", 16L << 10)]
    [TestCase("64MiB", 64L << 20)]
    [TestCase("4GiB", 4L << 30)]
    [TestCase("2TiB", 2L << 40)]
    public void TryParse_KnownForm_GivesTheBytes(string text, long bytes)
    {
        Assert.That(ByteSize.TryParse(text, out var size), Is.True);
        Assert.That(size.Bytes, Is.EqualTo(bytes));
    }

    [TestCase("")]
    [TestCase("GiB")]
    [TestCase("-1")]
    [TestCase("1.5GiB")]
    [TestCase("1 GiB")]
    [TestCase("4GB")]
    [TestCase("9223372036854775807GiB")]
    public void TryParse_AnythingElse_IsFalse(string text) => Assert.That(ByteSize.TryParse(text, out _), Is.False);
}
