using System.Globalization;
using PluginNode.Recovery;

namespace PluginNode.Composition;

/// <summary>How far a recovery is, for people.</summary>
internal static class ProgressText
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB"];

    /// <summary>Calls, events, bytes, rate and time left, as far as they are known.</summary>
    public static string Of(SyncProgress progress) =>
        Of(progress.Calls, progress.Events, progress.Expected, progress.Bytes, progress.Rate, progress.TimeLeft);

    /// <inheritdoc cref="Of(SyncProgress)"/>
    public static string Of(long calls, long events, long? expected, long bytes, double rate, TimeSpan? left)
    {
        var ofAll = expected is { } all ? string.Create(CultureInfo.InvariantCulture, $" of about {all}") : "";
        var rest = left is { } time ? $", {Time(time)} left" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{calls} calls, {events}{ofAll} events, {Bytes(bytes)}, {rate:0} events/s{rest}");
    }

    /// <summary>The share of what neighbours hold that is here: for certain, and at most.</summary>
    public static string Share(double? certain, double? most) => (certain, most) switch
    {
        ({ } least, { } all) => least >= 1
            ? "100 % of what neighbours hold"
            : $"{Percent(least)} of what neighbours hold for certain, by the days that agree or were read to the end; "
                + $"at most {Percent(all)}",
        _ => "how much of what neighbours hold is not known",
    };

    /// <summary>A number of bytes.</summary>
    public static string Bytes(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        while (value >= 1024 && unit < Units.Length - 1) (value, unit) = (value / 1024, unit + 1);
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {Units[unit]}");
    }

    private static string Percent(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(share * 10_000) / 100:0.##} %");

    private static string Time(TimeSpan time) => time.TotalMinutes < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalMinutes):0} min");
}
