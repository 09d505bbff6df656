namespace PluginNode.MeshHttp.Client;

/// <summary>A body as it arrives, in one piece, bounded. What has arrived stays where it is only until more is
/// added.</summary>
/// <param name="most">Bytes, at most.</param>
internal sealed class GrowingBody(int most)
{
    private byte[] _bytes = new byte[Math.Min(most, 16 * 1024)];
    private ReadOnlyMemory<byte>? _whole;

    public int Length { get; private set; }

    public int Most => most;

    public bool IsFull => Length == most;

    public ReadOnlyMemory<byte> Bytes => _whole ?? _bytes.AsMemory(0, Length);

    /// <summary>Room for more; empty when it is full.</summary>
    public Memory<byte> Room()
    {
        if (Length == _bytes.Length && !IsFull)
            Array.Resize(ref _bytes, (int)Math.Min(most, 2L * _bytes.Length));
        return _bytes.AsMemory(Length);
    }

    public void Add(int count) => Length += count;

    /// <summary>Takes a body that came in one piece, in the place of all that was added.</summary>
    public void Set(ReadOnlyMemory<byte> whole) => (_whole, Length) = (whole, whole.Length);
}
