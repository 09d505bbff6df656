namespace PluginNode.Storage;

/// <summary>Extra ability of a store: it can be read through offline, for <c>pluginnode store check</c>.</summary>
public interface IStoreCheck
{
    /// <summary>
    /// Reads every byte of a store that nobody has open, checks every checksum and writes nothing. Called instead of
    /// <see cref="IRecordStore.OpenAsync"/>, never after it.
    /// </summary>
    /// <param name="progress">Told now and then how many bytes of how many are read.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="StoreException">It is held by another process (the message says which), or cannot be
    /// read.</exception>
    Task<StoreReport> CheckAsync(IProgress<(long Read, long Total)>? progress, CancellationToken cancellation);
}
