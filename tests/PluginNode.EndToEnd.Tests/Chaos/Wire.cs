namespace PluginNode.EndToEnd.Tests.Chaos;

/// <summary>What a <see cref="FaultyRelay"/> does to the bytes that come through it.</summary>
internal enum Wire
{
    /// <summary>Hands on everything.</summary>
    Sound,

    /// <summary>Hands on everything, later.</summary>
    Delays,

    /// <summary>Takes everything and hands on nothing; connections stay open.</summary>
    Drops,

    /// <summary>Closes connections, at once or after some bytes, with a reset.</summary>
    Cuts,

    /// <summary>Changes a byte here and there.</summary>
    Corrupts,

    /// <summary>Hands on some pieces twice, and plays all that a caller wrote a second time on another
    /// connection.</summary>
    Repeats,
}
