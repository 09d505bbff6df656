using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;
using PluginNode.Plugins;

namespace PluginNode.Conformance;

/// <summary>
/// The laws of a plugin, whatever it provides. Derive, add <c>[TestFixture]</c>, and name the plugin's entry. What it
/// provides has laws of its own: <see cref="TransportConformance"/>, <see cref="RecordStoreConformance"/>.
/// </summary>
public abstract partial class PluginConformance
{
    private const string Unknown = "nobodyKnowsThisKey";

    private PluginBench _bench = null!;

    /// <summary>The plugin.</summary>
    protected abstract PluginCase Plugin { get; }

    /// <summary>Called before each law: empty folders, and a clock that stands.</summary>
    [SetUp]
    protected virtual void PrepareNode() => _bench = new PluginBench();

    /// <summary>Called after each law: frees what is left of it.</summary>
    [TearDown]
    protected virtual async Task ReleaseNodeAsync()
    {
        foreach (var life in _lives)
        {
            try
            {
                await life.StopAsync();
                await life.DisposeAsync();
            }
            catch (Exception)
            {
                // It was disposed before, or cannot be stopped twice: that is told by the law about it.
            }
        }
        _lives.Clear();
        _bench.Dispose();
    }

    /// <summary>The assembly says what a node must know before it runs any of it.</summary>
    [Test]
    public void Manifest_NamesThePublicEntry()
    {
        var attribute = Plugin.Entry.Assembly.GetCustomAttribute<PluginAttribute>();
        Assert.That(attribute, Is.Not.Null, "[assembly: Plugin(…)] is missing");
        Assert.That(attribute!.Entry, Is.EqualTo(Plugin.Entry));
        Assert.That(IdPattern().IsMatch(attribute.Id), Is.True, $"the id '{attribute.Id}' is not well-formed");
        Assert.That(Plugin.Entry.IsVisible && Plugin.Entry.GetConstructor(Type.EmptyTypes) is not null, Is.True,
            "the entry must be public, with a public constructor without parameters");
    }

    /// <summary>Of PluginNode's assemblies it knows the contracts alone, so that it fits every node of their
    /// version.</summary>
    [Test]
    public void References_AreTheContractsOnly()
    {
        using var file = File.OpenRead(Plugin.Dll);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        var ofTheHouse = metadata.AssemblyReferences
            .Select(r => metadata.GetString(metadata.GetAssemblyReference(r).Name))
            .Where(n => n.StartsWith("PluginNode", StringComparison.OrdinalIgnoreCase));
        Assert.That(ofTheHouse, Is.EqualTo(new[] { "PluginNode.Contracts" }));
    }

    /// <summary>With sound settings it provides something.</summary>
    [Test]
    public void Configure_SoundSettings_ProvidesAContract() =>
        Assert.That(Configure(Plugin.Settings).Provides, Is.Not.Empty);

    /// <summary>A key that it does not know is refused by name, wherever it stands: a slip must not pass for a
    /// default.</summary>
    [Test]
    public void Configure_UnknownKey_IsRefusedByName()
    {
        foreach (var path in ObjectsOf(Sound(), ""))
        {
            var settings = Sound();
            At(settings, path)[Unknown] = 1;
            Assert.That(ProblemsOf(settings), Has.Some.Contain(Unknown), $"in '{path}'");
        }
    }

    /// <summary>A value of another type than its key has is refused by the key's name.</summary>
    [Test]
    public void Configure_WrongType_IsRefusedByName()
    {
        if (Sound().Count == 0) Assert.Ignore("The settings of the case name no key.");
        foreach (var (key, value) in Sound())
        {
            var settings = Sound();
            settings[key] = OfAnotherType(value);
            Assert.That(ProblemsOf(settings), Has.Some.Contain(key), settings.ToJsonString());
        }
    }

    /// <summary>Everything that is wrong is told at once, so that one attempt is enough to put it right.</summary>
    [Test]
    public void Configure_SeveralProblems_AllAreToldAtOnce()
    {
        var settings = new JsonObject { [Unknown] = 1, [Unknown + "2"] = "x" };
        foreach (var (key, value) in Sound()) settings[key] = OfAnotherType(value);
        var problems = ProblemsOf(settings);
        foreach (var (key, _) in settings) Assert.That(problems, Has.Some.Contain(key));
    }

    /// <summary>Neither configuring nor constructing does anything yet: no file, no timer.</summary>
    [Test]
    public void Configure_AndConstruct_TouchNothing()
    {
        var life = Configure(Plugin.Settings);
        Assert.That(_bench.Files, Is.Empty, "configuring must do no I/O");
        life.Resolve();
        Assert.That(_bench.Files, Is.Empty, "constructing must do no I/O");
        Assert.That(_bench.Clock.Timers, Is.Zero, "constructing must set no timer");
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex IdPattern();

    private static JsonNode OfAnotherType(JsonNode? value) =>
        value is JsonArray or JsonObject ? JsonValue.Create(1) : new JsonArray(new JsonArray());

    private static JsonObject At(JsonObject settings, string path) =>
        path.Split('.', StringSplitOptions.RemoveEmptyEntries).Aggregate(settings, (at, key) => at[key]!.AsObject());

    // the paths of the object and of those in it, with dots between
    private IEnumerable<string> ObjectsOf(JsonObject settings, string path) => settings
        .Where(member => member.Value is JsonObject && !Plugin.FreeKeys.Contains(member.Key))
        .SelectMany(member => ObjectsOf(member.Value!.AsObject(), $"{path}.{member.Key}"))
        .Prepend(path);

    private JsonObject Sound() => JsonNode.Parse(Plugin.Settings)!.AsObject();

    private IReadOnlyList<string> ProblemsOf(JsonObject settings)
    {
        try
        {
            Configure(settings.ToJsonString());
        }
        catch (PluginSettingsException e)
        {
            Assert.That(e.Problems, Is.Not.Empty.And.All.Not.Contain('\n'), "each problem is one line");
            return e.Problems;
        }
        Assert.Fail($"These settings must be refused: {settings.ToJsonString()}");
        return [];
    }
}
