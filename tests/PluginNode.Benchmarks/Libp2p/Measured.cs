namespace PluginNode.Benchmarks.Libp2p;

/// <summary>Something that is measured.</summary>
/// <param name="What">For people.</param>
/// <param name="Unit">Of its figures.</param>
/// <param name="Call">What the client is told.</param>
/// <param name="Figures">What is read from its answer.</param>
internal sealed record Measured(string What, string Unit, EndCall Call, IReadOnlyList<Figured> Figures)
{
    /// <summary>How many of what is counted make one of what is shown.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Bytes of the texts that the cipher would have to encrypt; null where it is not what limits.</summary>
    public int? Texts { get; init; }

    /// <summary>Whether it is the transport for frames, which js-libp2p does not have.</summary>
    public bool Frames { get; init; }

    /// <summary>So many a second.</summary>
    public static Measured Rate(string what, string unit, EndCall call) =>
        new(what, unit, call, [new Figured("", a => a.Count / a.Seconds, LessIsBetter: false)]);
}

/// <summary>One figure of an answer.</summary>
internal sealed record Figured(string Name, Func<EndAnswer, double> Of, bool LessIsBetter);

/// <summary>An answer and what both ends together used for it.</summary>
/// <param name="Answer">The client's.</param>
/// <param name="Client">Bytes that the client allocated.</param>
/// <param name="Server">Bytes that the server allocated.</param>
/// <param name="Cpu">Microseconds of all cores.</param>
internal sealed record Run(EndAnswer Answer, double Client, double Server, double Cpu);

/// <summary>All that is compared, measured shortly after each other.</summary>
internal sealed record Round(Run Ours, Run? OursToJs, Run? Js, Run? Tcp, EndAnswer? Cipher);

/// <summary>Several of them.</summary>
internal sealed class Runs
{
    private readonly List<Round> _rounds = [];

    public void Add(Round round) => _rounds.Add(round);

    /// <summary>The median; null where it was not measured.</summary>
    public double? Median(Func<Round, double?> of)
    {
        var values = _rounds.Select(of).OfType<double>().Order().ToList();
        return values.Count == 0 ? null : values[values.Count / 2];
    }
}
