namespace PluginNode.NaraEvents.Presence;

/// <summary>What one event says about somebody.</summary>
/// <param name="About">Who, by name.</param>
internal readonly record struct Fact(string About)
{
    /// <summary>Whether it counts only where it is told by whom it is about: nobody else greets or says goodbye for
    /// them.</summary>
    public bool IsOwnWord { get; init; }

    /// <summary>Whether it was there when the event was told; null where the event does not say.</summary>
    public bool? IsUp { get; init; }

    /// <summary>Whether the event is of somebody who was there: a goodbye is too.</summary>
    public bool WasSeen { get; init; }

    /// <summary>When it was started again, in seconds since 1970; null where no start is told.</summary>
    public long? Start { get; init; }

    /// <summary>How often it was started again by then.</summary>
    public long Restarts { get; init; }

    /// <summary>For <see cref="Restarts"/> that voters vouch for: until when they were counted, in seconds since 1970;
    /// null where one observer tells them.</summary>
    public long? AsOf { get; init; }

    /// <summary>A round trip to it, in milliseconds; null where none was measured.</summary>
    public double? RoundTrip { get; init; }
}
