using System.Globalization;
using System.Text;
using PluginNode.Events;
using PluginNode.Identity;

namespace PluginNode.Benchmarks.Sync;

/// <summary>Signed events of several kinds by several emitters over the last 30 days, all distinct and all within what
/// kinds bound.</summary>
internal static class EventCorpus
{
    public const int Emitters = 20;

    // Of nara's kinds, pings are bounded to 5 for a target, observations to 20 for a pair.
    private const int PingEvery = 1_000, MostPings = 5 * Emitters, MostObservations = 4_000;

    public static string NameOf(int emitter) => string.Create(CultureInfo.InvariantCulture, $"emitter-{emitter:00}");

    public static NodeIdentity IdentityOf(int emitter) =>
        NodeIdentity.FromSeed([.. Enumerable.Repeat((byte)(100 + emitter), 32)]);

    public static List<Event> Make(int count, EventKinds kinds, DateTimeOffset end)
    {
        var step = TimeSpan.FromDays(30) / count;
        var clock = new Clock();
        var makers = Enumerable.Range(0, Emitters)
            .Select(e => new EventMaker(IdentityOf(e), NameOf(e), kinds, clock)).ToArray();
        var events = new List<Event>(count);
        for (var i = 0; i < count; i++)
        {
            clock.Now = end - TimeSpan.FromDays(30) + (i * step);
            var (service, data) = Fact(i);
            var made = makers[EmitterOf(i)].Make(service, Encoding.UTF8.GetBytes(data));
            events.Add(made.Event ?? throw new InvalidOperationException($"{service}: {made.Reason}"));
        }
        return events;
    }

    private static (string Service, string Data) Fact(int i)
    {
        var emitter = EmitterOf(i);
        var (me, other) = (NameOf(emitter), NameOf((emitter + 1 + (i / 400 % (Emitters - 1))) % Emitters));
        FormattableString data;
        if (i % PingEvery == 0 && i / PingEvery < MostPings / 2)
        {
            var target = NameOf(i / PingEvery % Emitters);
            data = $$"""{"observer":"{{me}}","target":"{{target}}","rtt":{{1 + i % 90}}.25}""";
            return ("ping", Text(data));
        }
        switch (i % 10)
        {
            case < 5:
                data = $$"""
                    {"type":"tease","actor":"{{me}}","target":"{{other}}","reason":"high-restarts-{{i}}","witness":""}
                    """;
                return ("social", Text(data));
            case < 7:
                data = $$"""{"observer":"{{me}}","subject":"{{other}}","via":"zine-{{i}}"}""";
                return ("seen", Text(data));
            case 7 when i / 10 < MostObservations:
                data = $$"""
                    {"observer":"{{me}}","subject":"{{other}}","type":"status-change",
                     "importance":2,"online_state":"ONLINE"}
                    """;
                return ("observation", Text(data));
            default:
                data = $$"""{"sensor":"s-{{i % 97}}","reading":{{i}}.5,"unit":"kPa","note":"routine"}""";
                return ("reading", Text(data));
        }
    }

    // each kind's events are by all of them
    private static int EmitterOf(int i) => (i + (i / Emitters)) % Emitters;

    private static string Text(FormattableString data) => data.ToString(CultureInfo.InvariantCulture);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
