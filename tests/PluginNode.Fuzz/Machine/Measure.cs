namespace PluginNode.Fuzz.Machine;

/// <summary>Bounds what a decoder may allocate.</summary>
internal static class Measure
{
    private const int Tries = 3;

    /// <summary>
    /// Decodes, and fails where this thread allocates more than <paramref name="most"/> bytes for it. What is made once
    /// only (caches, generated tables, pooled buffers) is no fault: over the bound it is tried again, and the least
    /// counts.
    /// </summary>
    /// <param name="most">Bytes: proportional to the input and to the format's limits.</param>
    /// <param name="decode">May be called several times.</param>
    /// <exception cref="BrokenPropertyException">It is over the bound each time.</exception>
    public static T Bounded<T>(long most, Func<T> decode)
    {
        var least = long.MaxValue;
        for (var i = 0; ; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var result = decode();
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
                if (least <= most) return result;
            }
            catch (Exception e) when (e is not BrokenPropertyException)
            {
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
                if (least <= most) throw;
            }
            if (i + 1 == Tries) break;
        }
        throw new BrokenPropertyException($"allocates {least} bytes, over its bound of {most}");
    }
}
