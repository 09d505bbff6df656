using PluginNode.Configuration;

namespace PluginNode.Host.Tests;

public sealed class ConfigurationFileTests
{
    private const string Key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Read_EmptyObject_GivesEveryDefault()
    {
        var settings = Read("{}");
        Assert.Multiple(() =>
        {
            Assert.That(settings.Sections.Node.Name, Is.EqualTo("node"));
            Assert.That(settings.DataFolder, Is.EqualTo(_folder["data"]));
            Assert.That(settings.IdentityFile, Is.EqualTo(_folder["data/identity.pem"]));
            Assert.That(settings.TokenFile, Is.EqualTo(_folder["data/api.token"]));
            Assert.That(settings.PluginsFolder, Is.EqualTo(_folder["plugins"]));
            Assert.That(settings.Listen, Is.EqualTo(new Uri("http://127.0.0.1:7400")));
            Assert.That(settings.Sections.Store, Is.Null);
            Assert.That(settings.Peers, Is.Empty);
            Assert.That(settings.Kernel.Limits, Is.EqualTo(new KernelOptions().Limits));
            Assert.That(settings.Kernel.Inbox, Is.EqualTo(new KernelOptions().Inbox));
            Assert.That(settings.Kernel.Retry, Is.EqualTo(new KernelOptions().Retry));
            Assert.That(settings.Kernel.DeadLetterKeep, Is.EqualTo(new KernelOptions().DeadLetterKeep));
            Assert.That(settings.Kernel.Sync, Is.EqualTo(new KernelOptions().Sync));
        });
    }

    [Test]
    public void Read_EveryKey_ReachesWhatItIsFor()
    {
        var settings = Read($$"""
            {
              // comments and trailing commas are fine
              "node": { "name": "alpha", "data": "d", "identity": "k.pem", "formerIdentities": ["old.pem"] },
              "api": { "listen": "http://0.0.0.0:7401", "tokenFile": "t", "public": true },
              "store": "some-store",
              "plugins": {
                "folder": "p", "trust": "pinned", "disabled": ["x"], "settings": { "y": { "any": [1] } },
                "pins": { "y": "{{new string('a', 64)}}" },
              },
              "delivery": {
                "protocols": { "/a/1": "critical", "/b/1": "patient" },
                "endsOn": { "/c/1": "sent" },
                "levels": { "patient": { "persisted": true, "retries": ["15s", "5m"], "ttl": "7d" } },
                "retry": { "first": "2s", "most": "30s", "factor": 3, "jitter": "none" },
                "limits": { "bytes": "2GiB", "bytesPerPeer": "1MiB", "memory": 4096, "payload": "8MiB" },
                "deadLetters": { "keep": "PT1H" },
              },
              "inbox": { "bytes": "3GiB", "bytesPerPeer": "2MiB", "duplicateWindow": "1d" },
              "sync": { "chain": ["mesh-pages", "other"], "background": "5m" },
              "peers": [ { "name": "beta", "publicKey": "{{Key}}", "addresses": ["x+y://host:1", "/ip4/1.2.3.4/tcp/5"] } ],
            }
            """);
        var kernel = settings.Kernel;
        Assert.Multiple(() =>
        {
            Assert.That(kernel.Sync.Chain, Is.EqualTo(new[] { "mesh-pages", "other" }));
            Assert.That(kernel.Sync.Background, Is.EqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(settings.Sections.Node.Name, Is.EqualTo("alpha"));
            Assert.That(settings.DataFolder, Is.EqualTo(_folder["d"]));
            Assert.That(settings.IdentityFile, Is.EqualTo(_folder["k.pem"]));
            Assert.That(settings.FormerIdentityFiles, Is.EqualTo(new[] { _folder["old.pem"] }));
            Assert.That(settings.Listen.Port, Is.EqualTo(7401));
            Assert.That(settings.TokenFile, Is.EqualTo(_folder["t"]));
            Assert.That(settings.Sections.Store, Is.EqualTo("some-store"));
            Assert.That(settings.PluginsFolder, Is.EqualTo(_folder["p"]));
            Assert.That(settings.Sections.Plugins.Trust, Is.EqualTo("pinned"));
            Assert.That(settings.Sections.Plugins.Disabled, Is.EqualTo(new[] { "x" }));
            Assert.That(settings.Sections.Plugins.Settings["y"].GetProperty("any")[0].GetInt32(), Is.EqualTo(1));
            Assert.That(settings.Sections.Plugins.Pins["y"], Has.Length.EqualTo(64));
            Assert.That(kernel.Protocols["/b/1"], Is.EqualTo("patient"));
            Assert.That(kernel.EndsOnSent, Is.EquivalentTo(new[] { "/c/1" }));
            Assert.That(kernel.Levels[0].Persisted && kernel.Levels[0].Queued, Is.True);
            Assert.That(kernel.Levels[0].Retries, Is.EqualTo(new[] { TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(5) }));
            Assert.That(kernel.Levels[0].TimeToLive, Is.EqualTo(TimeSpan.FromDays(7)));
            Assert.That(kernel.Retry, Is.EqualTo(
                new RetryOptions(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(30), 3, FullJitter: false)));
            Assert.That(kernel.Limits, Is.EqualTo(
                new OutboxLimits { Bytes = 2L << 30, BytesPerPeer = 1 << 20, Memory = 4096, Payload = 8 << 20 }));
            Assert.That(kernel.DeadLetterKeep, Is.EqualTo(TimeSpan.FromHours(1)));
            Assert.That(kernel.Inbox.Bytes, Is.EqualTo(3L << 30));
            Assert.That(kernel.Inbox.BytesPerPeer, Is.EqualTo(2 << 20));
            Assert.That(kernel.Inbox.DuplicateWindow, Is.EqualTo(TimeSpan.FromDays(1)));
            Assert.That(settings.Peers[0].Name, Is.EqualTo("beta"));
            Assert.That(settings.Peers[0].Addresses.Select(a => a.Scheme), Is.EqualTo(new[] { "x+y", "/" }));
        });
    }

    [TestCase("""{ "nod": {} }""", "nod: unknown key; known are node, api, store, plugins, delivery, inbox, sync,")]
    [TestCase("""{ "node": { "nam": "x" } }""", "node.nam: unknown key")]
    [TestCase("""{ "node": { "memory": "big" } }""", "node.memory: auto, short, medium or hog is needed")]
    [TestCase("""{ "node": { "trust": "all" } }""", "node.trust: configured or first-use is needed")]
    [TestCase("""{ "sync": { "chains": [] } }""", "sync.chains: unknown key; known are chain, background")]
    [TestCase("""{ "sync": { "chain": "mesh-pages" } }""", "sync.chain: a list [ … ] is needed")]
    [TestCase("""{ "sync": { "chain": ["a", "Mesh"] } }""", "sync.chain[1]: the name of a strategy is needed")]
    [TestCase("""{ "sync": { "chain": ["a", "b", "a"] } }""", "sync.chain[2]: 'a' stands there twice")]
    [TestCase("""{ "sync": { "background": "59s" } }""", "sync.background: at least 1m is needed")]
    [TestCase("""{ "sync": { "background": "soon" } }""", "sync.background: a duration such as")]
    [TestCase("""{ "plugins": { "reload": true } }""", "plugins.reload: unknown key")]
    [TestCase("""{ "delivery": { "levels": { "a": { "retry": [] } } } }""", "delivery.levels.a.retry: unknown key")]
    [TestCase("""{ "delivery": { "limits": { "whenFull": "drop" } } }""", "delivery.limits.whenFull: unknown key")]
    [TestCase("""{ "peers": [ { "nmae": "b" } ] }""", "peers[0].nmae: unknown key")]
    [TestCase("""{ "peers": [ { "name": "b" } ] }""", "peers[0].publicKey: is missing")]
    [TestCase("""{ "node": [] }""", "node: an object { … } is needed")]
    [TestCase("""{ "node": null }""", "node: an object { … } is needed")]
    [TestCase("""{ "node": { "name": 5 } }""", "node.name: a text in quotes is needed")]
    [TestCase("""{ "node": { "name": null } }""", "node.name: a text in quotes is needed")]
    [TestCase("""{ "node": { "name": "a/b" } }""", "node.name: 1 to 63 characters")]
    [TestCase("""{ "node": { "data": "" } }""", "node.data: a path is needed")]
    [TestCase("""{ "node": { "formerIdentities": "x" } }""", "node.formerIdentities: a list [ … ] is needed")]
    [TestCase("""{ "node": { "formerIdentities": [1] } }""", "node.formerIdentities[0]: a text in quotes is needed")]
    [TestCase("""{ "api": { "listen": "7400" } }""", "api.listen: a URL such as")]
    [TestCase("""{ "api": { "listen": "https://127.0.0.1:1" } }""", "api.listen: a URL such as")]
    [TestCase("""{ "api": { "listen": "http://example.org:1" } }""", "api.listen: an IP address or localhost is needed")]
    [TestCase("""{ "api": { "listen": "http://0.0.0.0:7400" } }""", "api.listen: is not loopback")]
    [TestCase("""{ "api": { "public": "yes" } }""", "api.public: true or false is needed")]
    [TestCase("""{ "plugins": { "trust": "all" } }""", "plugins.trust: any or pinned is needed")]
    [TestCase("""{ "plugins": { "pins": { "x": "12" } } }""", "plugins.pins.x: a SHA-256")]
    [TestCase("""{ "plugins": { "settings": [] } }""", "plugins.settings: an object { … } is needed")]
    [TestCase("""{ "delivery": { "protocols": { "/a": "criticl" } } }""", "delivery.protocols./a: there is no level 'criticl'")]
    [TestCase("""{ "delivery": { "protocols": { "": "none" } } }""", "delivery.protocols.: a protocol id")]
    [TestCase("""{ "delivery": { "endsOn": { "/a": "delivered" } } }""", "delivery.endsOn./a: sent is needed")]
    [TestCase("""{ "delivery": { "levels": { "none": {} } } }""", "delivery.levels.none: one attempt")]
    [TestCase("""{ "delivery": { "levels": { "critical": {} } } }""", "delivery.levels.critical: 'critical' is always persisted")]
    [TestCase("""{ "delivery": { "levels": { "A b": {} } } }""", "delivery.levels.A b: a name of")]
    [TestCase("""{ "delivery": { "levels": { "a": { "retries": ["0s"] } } } }""", "delivery.levels.a.retries[0]: more than nothing")]
    [TestCase("""{ "delivery": { "levels": { "a": { "ttl": "soon" } } } }""", "delivery.levels.a.ttl: a duration such as")]
    [TestCase("""{ "delivery": { "retry": { "first": 5 } } }""", "delivery.retry.first: a duration such as")]
    [TestCase("""{ "delivery": { "retry": { "first": "2m" } } }""", "delivery.retry.most: must be at least")]
    [TestCase("""{ "delivery": { "retry": { "factor": 0.5 } } }""", "delivery.retry.factor: a number from 1 to 100")]
    [TestCase("""{ "delivery": { "retry": { "factor": "2" } } }""", "delivery.retry.factor: a number is needed")]
    [TestCase("""{ "delivery": { "retry": { "jitter": "half" } } }""", "delivery.retry.jitter: full or none")]
    [TestCase("""{ "delivery": { "limits": { "bytes": "4GB" } } }""", "delivery.limits.bytes: a size such as")]
    [TestCase("""{ "delivery": { "limits": { "memory": 0 } } }""", "delivery.limits.memory: more than nothing")]
    [TestCase("""{ "delivery": { "limits": { "payload": "17MiB" } } }""", "delivery.limits.payload: at most 16MiB")]
    [TestCase("""{ "delivery": { "deadLetters": { "keep": "0s" } } }""", "delivery.deadLetters.keep: more than nothing")]
    [TestCase("""{ "inbox": { "duplicateWindow": "x" } }""", "inbox.duplicateWindow: a duration such as")]
    [TestCase("""{ "inbox": { "bytes": -1 } }""", "inbox.bytes: a size such as")]
    [TestCase("""{ "peers": [ { "name": "", "publicKey": "AA==" } ] }""", "peers[0].publicKey: an Ed25519 public key")]
    [TestCase("""{ "peers": [ { "name": "b", "publicKey": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" } ] }""",
        "peers[0].publicKey: these 32 bytes are a point of small order")]
    [TestCase("""{ "peers": [ { "name": "b", "publicKey": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=" } ] }""",
        "peers[0].publicKey: these 32 bytes are no point")]
    [TestCase("""{ "node": { "name": "a" }, "node": {} }""", "plugins.json: ")]
    [TestCase("""{ "node": """, "plugins.json: line 1")]
    [TestCase("[]", "plugins.json: an object { … } is needed")]
    public void Read_Problem_NamesTheKey(string text, string problem)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read(text))!;
        Assert.That(error.Problems, Has.Some.Contains(problem));
    }

    [Test]
    public void Read_SeveralProblems_NamesAllAtOnce()
    {
        var error = Assert.Throws<ConfigurationException>(() => Read("""
            { "nope": 1, "node": { "name": 5, "also": 2 }, "delivery": { "retry": { "first": "x", "most": "y" } }, "peers": [{}] }
            """))!;
        Assert.That(error.Problems, Is.EqualTo(new[]
        {
            "plugins.json: nope: unknown key; known are node, api, store, plugins, delivery, inbox, sync, peers",
            "plugins.json: node.name: a text in quotes is needed",
            "plugins.json: node.also: unknown key; known are name, data, identity, memory, trust, hearsay, "
                + "readOnly, formerIdentities",
            "plugins.json: delivery.retry.first: a duration such as 10s, 15m, 12h, 7d or PT10S is needed",
            "plugins.json: delivery.retry.most: a duration such as 10s, 15m, 12h, 7d or PT10S is needed",
            "plugins.json: peers[0].name: is missing",
            "plugins.json: peers[0].publicKey: is missing",
        }));
    }

    [Test]
    public void Read_PeersThatShareNameOrKey_NamesBoth()
    {
        var error = Assert.Throws<ConfigurationException>(() => Read($$"""
            { "peers": [ { "name": "b", "publicKey": "{{Key}}" }, { "name": "b", "publicKey": "{{Key}}" } ] }
            """))!;
        Assert.That(error.Problems, Is.EqualTo(new[]
        {
            "plugins.json: peers[1].name: 'b' is the name of peers[0] already",
            "plugins.json: peers[1].publicKey: is the key of peers[0] already",
        }));
    }

    [Test]
    public void Read_NoFile_SaysWhatToDo()
    {
        var error = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Read(_folder["none.json"]))!;
        Assert.That(error.Message, Does.Contain("none.json").And.Contain("pluginnode init"));
    }

    [Test]
    public void Read_Environment_StandsAboveTheFile()
    {
        var settings = Read("""{ "node": { "name": "file" }, "delivery": { "protocols": { "/a": "critical" } } }""",
            ("PLUGINNODE_node__name", "5"),
            ("PLUGINNODE_api__public", "true"),
            ("PLUGINNODE_delivery__retry__first", "3s"),
            ("PLUGINNODE_delivery__limits__memory", "1MiB"),
            ("PLUGINNODE_delivery__protocols__/b", "moderate"),
            ("PLUGINNODE_plugins__disabled", """["x"]"""),
            ("PLUGINNODE_plugins__settings__mesh__listen", "http://127.0.0.1:1"),
            ("PLUGINNODE_plugins__settings__mesh__most", "7"),
            ("PLUGINNODE_node__formerIdentities__0", "a.pem"),
            ("PLUGINNODE_peers__0__name", "beta"),
            ("PLUGINNODE_peers__0__publicKey", Key),
            ("OTHER_node__name", "x"));
        Assert.Multiple(() =>
        {
            Assert.That(settings.Sections.Node.Name, Is.EqualTo("5"));
            Assert.That(settings.Sections.Api.Public, Is.True);
            Assert.That(settings.Kernel.Retry.First, Is.EqualTo(TimeSpan.FromSeconds(3)));
            Assert.That(settings.Kernel.Limits.Memory, Is.EqualTo(1 << 20));
            Assert.That(settings.Kernel.Protocols.Keys, Is.EquivalentTo(new[] { "/a", "/b" }));
            Assert.That(settings.Sections.Plugins.Disabled, Is.EqualTo(new[] { "x" }));
            Assert.That(settings.Sections.Plugins.Settings["mesh"].GetProperty("listen").GetString(), Is.EqualTo("http://127.0.0.1:1"));
            Assert.That(settings.Sections.Plugins.Settings["mesh"].GetProperty("most").GetInt32(), Is.EqualTo(7));
            Assert.That(settings.Sections.Node.FormerIdentities, Is.EqualTo(new[] { "a.pem" }));
            Assert.That(settings.Peers[0].Name, Is.EqualTo("beta"));
        });
    }

    [TestCase("PLUGINNODE_nope", "1", "PLUGINNODE_nope: nope: unknown key")]
    [TestCase("PLUGINNODE_node____name", "x", "PLUGINNODE_node____name: a level of the path is empty")]
    [TestCase("PLUGINNODE_node__name__x", "x", "PLUGINNODE_node__name__x: node.name has no levels below it")]
    [TestCase("PLUGINNODE_api__public", "maybe", "PLUGINNODE_api__public: api.public: true or false is needed")]
    [TestCase("PLUGINNODE_peers__0__nam", "x", "plugins.json: peers[0].name: is missing")]
    [TestCase("PLUGINNODE_peers__0__nam", "x", "PLUGINNODE_peers__0__nam: peers[0].nam: unknown key")]
    [TestCase("PLUGINNODE_peers__3__name", "x", "PLUGINNODE_peers__3__name: '3' is no place in the list")]
    public void Read_WrongEnvironment_NamesIt(string name, string value, string problem)
    {
        var error = Assert.Throws<ConfigurationException>(() => Read("{}", (name, value)))!;
        Assert.That(error.Problems, Has.Some.Contains(problem));
    }

    private NodeSettings Read(string text, params (string Name, string Value)[] environment) =>
        ConfigurationFile.Read(_folder.Write("plugins.json", text), environment.ToDictionary(e => e.Name, e => e.Value));
}
