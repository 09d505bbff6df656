using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Fuzz.Edits;
using PluginNode.Fuzz.Machine;
using PluginNode.Fuzz.Worlds;
using PluginNode.Plugins;

namespace PluginNode.Fuzz.Targets;

/// <summary>A plugin's settings: refused with every problem in a line of its own, or taken whole.</summary>
/// <param name="id">The plugin's id.</param>
/// <param name="plugin">Makes the plugin.</param>
/// <param name="written">What its options are written as once they are read.</param>
/// <param name="samples">Valid settings.</param>
internal sealed class SettingsTarget(
    string id, Func<IPlugin> plugin, Func<JsonElement, string> written, params string[] samples) : FuzzTarget
{
    public override string Name => $"settings-{id}";

    public override IReadOnlyList<(int Weight, Edit Edit)> Edits { get; } =
        [.. ByteEdits.All, .. TextEdits.All, .. JsonEdits.All, .. JsonEdits.All, .. JsonEdits.All];

    public override IEnumerable<Sample> Samples() =>
        samples.Select((s, i) => new Sample($"{i}", Encoding.UTF8.GetBytes(s)));

    public override Verdict Check(byte[] input)
    {
        JsonDocument document;
        try
        {
            // as the configuration file is read, of which settings are a part
            document = JsonDocument.Parse(
                Encoding.UTF8.GetString(input), new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Verdict.Refused("no JSON");
        }
        using (document) return Check(document.RootElement, input.Length);
    }

    private Verdict Check(JsonElement settings, int length)
    {
        try
        {
            Measure.Bounded((128 * 1024) + (64L * length), () =>
            {
                var builder = new SomePluginBuilder(settings);
                plugin().Configure(builder);
                return builder.Services.Count;
            });
        }
        catch (PluginSettingsException e)
        {
            Holds.That(e.Problems.Count > 0, "they are refused without a reason");
            foreach (var problem in e.Problems)
                Holds.That(problem.Length > 0 && !problem.Any(char.IsControl), $"a problem is not one line: {problem}");
            return Verdict.Refused(e.Problems[0]);
        }
        using var options = JsonDocument.Parse(written(settings));
        foreach (var member in settings.EnumerateObject())
            Holds.That(
                options.RootElement.TryGetProperty(member.Name, out var taken) && JsonLeaves.Same(member.Value, taken),
                $"half taken: '{member.Name}' is {member.Value.GetRawText()}, and {taken} was taken");
        Holds.That(written(options.RootElement) == options.RootElement.GetRawText(), "written again they are others");
        return Verdict.Took();
    }
}
