using System.Buffers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using PluginNode.Events;
using PluginNode.Plugins;

namespace PluginNode.NaraEvents.Tests;

/// <summary>The kinds as the plugin registers them, with the kernel's codec above them.</summary>
internal static class Nara
{
    public static EventKinds Kinds { get; } = Registered();

    public static EventCodec Codec { get; } = new(Kinds);

    public static Event Decode(string json)
    {
        var decoded = Codec.Decode(Encoding.UTF8.GetBytes(json));
        Assert.That(decoded.Event, Is.Not.Null, decoded.Reason);
        return decoded.Event!;
    }

    public static string Encode(Event @event)
    {
        var output = new ArrayBufferWriter<byte>();
        Codec.Encode(@event, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>What the kind of a service reads, and the content that it writes.</summary>
    public static (EventReading Reading, string Content) Read(string service, string data)
    {
        var content = new ArrayBufferWriter<byte>();
        var reading = Kinds.Of(service).Read(Encoding.UTF8.GetBytes(data), content);
        return (reading, Encoding.UTF8.GetString(content.WrittenSpan));
    }

    public static EventCheck Check(Event @event) =>
        EventVerifier.Check(@event, Kinds.Of(@event.Service), Vectors.KeyOf(@event.Emitter), Vectors.KeyOf);

    private static EventKinds Registered()
    {
        var builder = new Builder(new ServiceCollection());
        new NaraEventsPlugin().Configure(builder);
        using var services = builder.Services.BuildServiceProvider();
        var kinds = new EventKinds();
        foreach (var kind in services.GetServices<IEventKind>()) Assert.That(kinds.Add(kind, "nara-events"), Is.Null);
        return kinds;
    }

    private sealed record Builder(IServiceCollection Services) : IPluginBuilder
    {
        public System.Text.Json.JsonElement Settings { get; } = System.Text.Json.JsonDocument.Parse("{}").RootElement;

        public string BaseFolder => "";

        public string DataFolder => "";

        public string PluginFolder => "";
    }
}
