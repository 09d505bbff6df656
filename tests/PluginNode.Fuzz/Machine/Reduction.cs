namespace PluginNode.Fuzz.Machine;

/// <summary>Makes a find smaller while it stays the same find: cuts out pieces, larger ones first.</summary>
internal static class Reduction
{
    private const int MostTries = 2000;

    public static Find Of(FuzzTarget target, Find find)
    {
        var tries = 0;
        for (var piece = find.Input.Length / 2; piece > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= find.Input.Length && tries < MostTries; tries++)
            {
                byte[] smaller = [.. find.Input.AsSpan(0, at), .. find.Input.AsSpan(at + piece)];
                if (Find.In(target, smaller, out _, find.Try) is { } same && same.Shape == find.Shape) find = same;
                else at += piece;
            }
        }
        return find;
    }
}
