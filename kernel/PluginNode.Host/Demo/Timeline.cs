using System.Globalization;

namespace PluginNode.Demo;

/// <summary>What happened, and when since the start.</summary>
internal sealed class Timeline(TextWriter output, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Since the start.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>One thing that happened.</summary>
    public void Event(string who, string what) =>
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,6:0.0} s  {who,-6} {what}"));
}
