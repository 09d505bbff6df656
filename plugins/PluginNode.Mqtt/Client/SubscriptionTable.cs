using PluginNode.Mqtt.Packets;

namespace PluginNode.Mqtt.Client;

/// <summary>The subscriptions of a client, and which message is for which. Any thread.</summary>
internal sealed class SubscriptionTable
{
    /// <summary>At once.</summary>
    public const int Most = 1024;

    private readonly Lock _lock = new();
    private volatile MqttSubscription[] _all = [];

    public IReadOnlyList<MqttSubscription> All => _all;

    /// <exception cref="InvalidOperationException">There is one with that filter, or there are too many.</exception>
    public void Add(MqttSubscription subscription)
    {
        lock (_lock)
        {
            if (_all.Any(s => s.Filter == subscription.Filter))
                throw new InvalidOperationException($"There is a subscription to {subscription.Filter} already.");
            if (_all.Length == Most) throw new InvalidOperationException($"There are {Most} subscriptions already.");
            _all = [.. _all, subscription];
        }
    }

    /// <summary>False: it was not there any more.</summary>
    public bool Remove(MqttSubscription subscription)
    {
        lock (_lock)
        {
            var left = _all.Where(s => s != subscription).ToArray();
            if (left.Length == _all.Length) return false;
            _all = left;
            return true;
        }
    }

    /// <summary>Those that a message is for: by the identifiers that the broker gives back, or by their filters.
    /// </summary>
    public void Match(PublishPacket packet, List<MqttSubscription> matches)
    {
        matches.Clear();
        var byId = packet.Properties.Find(PropertyId.SubscriptionId) is not null;
        foreach (var subscription in _all)
            if (byId ? HasId(packet.Properties, subscription.Id) : TopicText.Matches(subscription.Filter, packet.Topic))
                matches.Add(subscription);
    }

    private static bool HasId(Properties properties, int id)
    {
        foreach (var property in properties.All)
            if (property.Id == PropertyId.SubscriptionId && property.Number == id) return true;
        return false;
    }
}
