using Microsoft.Extensions.DependencyInjection.Extensions;
using PluginNode.Configuration;
using PluginNode.Events;
using PluginNode.Identity;
using PluginNode.Peers;
using PluginNode.Plugins;
using PluginNode.Transports;

namespace PluginNode.Composition;

/// <summary>What stands before there is a kernel: identity, peers, clock, chance, logs.</summary>
/// <param name="Identity">This node's key.</param>
/// <param name="Peers">The peers of the file; the kernel adds those of the store.</param>
/// <param name="Time">The clock.</param>
/// <param name="Chance">The source of chance.</param>
/// <param name="Loggers">The logs.</param>
/// <param name="Info">What plugins are told about the node.</param>
internal sealed record NodeServices(
    NodeIdentity Identity, PeerBook Peers, TimeProvider Time, IChance Chance, ILoggerFactory Loggers, NodeInfo Info)
{
    /// <summary>The event kinds that plugins provide; empty until they are loaded.</summary>
    public EventKinds Kinds { get; } = new();

    /// <summary>The ledger, for plugins.</summary>
    public LateLedger Ledger => field ??= new LateLedger(Kinds, Info.IsReadOnly);

    /// <summary>Requests to peers, for plugins.</summary>
    public LateRequests Requests { get; } = new();

    /// <summary>Makes the key where there is none.</summary>
    /// <exception cref="StartException">It can't be read or made.</exception>
    public static NodeServices Prepare(NodeSettings settings, TimeProvider time, ILoggerFactory loggers) => new(
        Read("node.identity", () => NodeIdentity.LoadOrCreate(settings.IdentityFile)),
        new PeerBook(settings.Peers), time, new SystemChance(time), loggers, InfoOf(settings));

    /// <summary>What a command needs that looks at the node's files while it is stopped: it makes nothing.</summary>
    /// <exception cref="StartException">There is no key, or it can't be read.</exception>
    public static NodeServices Offline(NodeSettings settings, TimeProvider time, ILoggerFactory loggers) => new(
        Read("node.identity", () => NodeIdentity.Load(settings.IdentityFile)),
        new PeerBook(settings.Peers), time, new SystemChance(time), loggers, InfoOf(settings));

    /// <summary>The keys that still open older records.</summary>
    /// <exception cref="StartException">One can't be read.</exception>
    public static List<NodeIdentity> Former(NodeSettings settings) => settings.FormerIdentityFiles.Index()
        .Select(f => Read($"node.formerIdentities[{f.Index}]", () => NodeIdentity.Load(f.Item))).ToList();

    /// <summary>Puts what the kernel hands to plugins into a plugin's container. A plugin gets a signer that can't sign
    /// as the kernel, never the key.</summary>
    public void AddTo(IServiceCollection services)
    {
        services.AddSingleton<ISigner>(new PluginSigner(Identity));
        services.AddSingleton<INoiseSigner>(new NoiseSigner(Identity));
        services.AddSingleton<IPeerDirectory>(Peers);
        services.AddSingleton(Time);
        services.AddSingleton(Chance);
        services.AddSingleton(Loggers);
        services.AddSingleton(Info);
        services.AddSingleton<ILedger>(Ledger);
        services.AddSingleton<IEventWriter>(Ledger);
        services.AddSingleton<IEventKeys>(Ledger);
        services.AddSingleton<IPeerRequests>(Requests);
        services.AddSingleton<ILedgerWriter>(Ledger);
        if (NaraSigner.IsName(Info.Name)) services.AddSingleton<INaraSigner>(new NaraSigner(Identity, Info.Name));
        services.TryAdd(ServiceDescriptor.Singleton(typeof(ILogger<>), typeof(Logger<>)));
    }

    private static NodeInfo InfoOf(NodeSettings settings) =>
        new(settings.Sections.Node.Name, settings.Sections.Node.ReadOnly);

    private static NodeIdentity Read(string key, Func<NodeIdentity> read)
    {
        try
        {
            return read();
        }
        catch (IdentityException e)
        {
            throw new StartException($"{key}: {e.Message}");
        }
    }
}
