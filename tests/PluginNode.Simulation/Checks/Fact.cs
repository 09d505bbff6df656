using System.Text;
using PluginNode.Events;

namespace PluginNode.Simulation.Checks;

/// <summary>What the auditor knows of one event.</summary>
/// <param name="Number">Its number, which stands in its data.</param>
/// <param name="Emitter">Who recorded it, by name.</param>
internal sealed record Fact(int Number, string Emitter)
{
    /// <summary>A service without a kind.</summary>
    public const string Service = "sim";

    /// <summary>Stands in every event's data.</summary>
    public const string Secret = "event-text";

    /// <summary>Not in the canonical form, which is what is signed.</summary>
    public byte[] Data { get; } = Encoding.UTF8.GetBytes(
        $$"""{ "text":"{{Secret}} \u00e9{{new string('y', Number % 50)}}", "n":{{Number}}, "x":[1e2, 0.50, null] }""");

    /// <summary>It as it was recorded; null: not known, because the node was gone before it said so.</summary>
    public Event? Event { get; set; }

    /// <summary>Whether its application was told that it is recorded.</summary>
    public bool Promised { get; set; }
}
