using PluginNode.Delivery;

namespace PluginNode.Configuration;

/// <summary>Turns the sections <c>delivery</c> and <c>inbox</c> into what the kernel is configured with.</summary>
internal static class KernelOptionsBuilder
{
    private static readonly DeliveryLevel[] BuiltIn = [DeliveryLevel.Critical, DeliveryLevel.Moderate, DeliveryLevel.None];

    public static KernelOptions Build(DeliverySection delivery, InboxSection inbox, List<string> problems)
    {
        var levels = delivery.Levels.Select(l => Level(l.Key, l.Value, problems)).ToList();
        var known = BuiltIn.Concat(levels).Select(l => l.Name).Distinct(StringComparer.Ordinal).ToList();
        foreach (var (protocol, level) in delivery.Protocols)
        {
            var path = $"delivery.protocols.{protocol}";
            Protocol(path, protocol, problems);
            if (!known.Contains(level, StringComparer.Ordinal))
                problems.Add($"{path}: there is no level '{level}'; known are {string.Join(", ", known)}");
        }
        foreach (var (protocol, end) in delivery.EndsOn)
        {
            Protocol($"delivery.endsOn.{protocol}", protocol, problems);
            if (end != "sent") problems.Add($"delivery.endsOn.{protocol}: sent is needed");
        }
        return new KernelOptions
        {
            Protocols = delivery.Protocols,
            EndsOnSent = delivery.EndsOn.Keys.ToHashSet(StringComparer.Ordinal),
            Levels = levels,
            Retry = Retry(delivery.Retry, problems),
            Limits = Limits(delivery.Limits, problems),
            DeadLetterKeep = Positive("delivery.deadLetters.keep", delivery.DeadLetters.Keep, problems),
            Inbox = new InboxLimits
            {
                Bytes = Positive("inbox.bytes", inbox.Bytes, problems),
                BytesPerPeer = Positive("inbox.bytesPerPeer", inbox.BytesPerPeer, problems),
                DuplicateWindow = Positive("inbox.duplicateWindow", inbox.DuplicateWindow, problems),
            },
        };
    }

    private static DeliveryLevel Level(string name, LevelSection section, List<string> problems)
    {
        var path = $"delivery.levels.{name}";
        if (name.Length is 0 or > 63 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            problems.Add($"{path}: a name of 1 to 63 of a–z, 0–9 and - is needed");
        if (name == DeliveryLevel.None.Name)
            problems.Add($"{path}: one attempt and never queued is what '{name}' means; it can't be changed");
        if (name == DeliveryLevel.Critical.Name && (!section.Persisted || section.Retries is not null))
            problems.Add($"{path}: '{name}' is always persisted and has no list of retries; give the level another name");
        if (section.Retries is { Count: > 1000 }) problems.Add($"{path}.retries: at most 1000 are possible");
        foreach (var (index, wait) in (section.Retries ?? []).Index())
            Positive($"{path}.retries[{index}]", wait, problems);
        if (section.Ttl is { } ttl) Positive($"{path}.ttl", ttl, problems);
        return new DeliveryLevel
        {
            Name = name,
            Queued = true,
            Persisted = section.Persisted,
            Retries = section.Retries?.Select(r => r.Value).ToList(),
            TimeToLive = section.Ttl?.Value,
        };
    }

    private static RetryOptions Retry(RetrySection section, List<string> problems)
    {
        var first = Positive("delivery.retry.first", section.First, problems);
        if (section.Most.Value < first) problems.Add("delivery.retry.most: must be at least delivery.retry.first");
        if (section.Factor is not (>= 1 and <= 100)) problems.Add("delivery.retry.factor: a number from 1 to 100 is needed");
        if (section.Jitter is not ("full" or "none")) problems.Add("delivery.retry.jitter: full or none is needed");
        return new RetryOptions(first, section.Most.Value, section.Factor, section.Jitter == "full");
    }

    private static OutboxLimits Limits(LimitsSection section, List<string> problems)
    {
        var payload = Positive("delivery.limits.payload", section.Payload, problems);
        if (payload > 16 << 20) problems.Add("delivery.limits.payload: at most 16MiB is possible");
        return new OutboxLimits
        {
            Bytes = Positive("delivery.limits.bytes", section.Bytes, problems),
            BytesPerPeer = Positive("delivery.limits.bytesPerPeer", section.BytesPerPeer, problems),
            Memory = Positive("delivery.limits.memory", section.Memory, problems),
            Payload = (int)Math.Min(payload, int.MaxValue),
        };
    }

    private static void Protocol(string path, string protocol, List<string> problems)
    {
        if (protocol.Length is 0 or > 255 || protocol.Any(char.IsControl))
            problems.Add($"{path}: a protocol id of 1 to 255 characters is needed");
    }

    private static TimeSpan Positive(string path, Duration duration, List<string> problems)
    {
        if (duration.Value <= TimeSpan.Zero) problems.Add($"{path}: more than nothing is needed");
        return duration.Value;
    }

    private static long Positive(string path, ByteSize size, List<string> problems)
    {
        if (size.Bytes <= 0) problems.Add($"{path}: more than nothing is needed");
        return size.Bytes;
    }
}
