namespace PluginNode.Delivery;

/// <summary>The outbox's counters since process start; owned by the delivery loop.</summary>
internal sealed class Counters
{
    public long Accepted { get; set; }
    public long Restored { get; set; }
    public long Replayed { get; set; }
    public long Delivered { get; private set; }
    public long Sent { get; private set; }
    public long Dead { get; set; }
    public long Cancelled { get; private set; }
    public long Quarantined { get; private set; }

    /// <summary>What must be waiting, if nothing was lost or counted twice.</summary>
    public long Waiting => Accepted + Restored + Replayed - Delivered - Sent - Dead - Cancelled - Quarantined;

    public void Count(MessageState end)
    {
        switch (end)
        {
            case MessageState.Delivered:
                Delivered++;
                break;
            case MessageState.Sent:
                Sent++;
                break;
            case MessageState.Quarantined:
                Quarantined++;
                break;
            default:
                Cancelled++;
                break;
        }
    }
}
