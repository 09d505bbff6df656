using System.Buffers;
using System.Text;
using PluginNode.Events;

namespace PluginNode.NaraEvents.Tests;

/// <summary>Data that no nara made: every kind answers, and what it takes is unambiguous.</summary>
[TestFixture]
public sealed class HostileDataTests
{
    private static readonly string[] Texts =
    [
        "", " ", "null", "true", "0", "\"\"", "[]", "{}", "{", "}", "[", "\"", "{\"", "{\"From\"", "{\"From\":",
        "{\"From\":\"a", "{\"From\":\"a\"", "{} x", "{}{}", "\uFEFF{}",
        """{"from":{"From":"a"}}""", """{"From":["a"]}""", """{"From":"a","FROM":null}""", """{"a":1,}""",
        """{"type":"\ud800\u0041"}""", """{"observer":"\udfff"}""", """{"rtt":NaN}""", """{"rtt":Infinity}""",
        """{"rtt":1e-999}""", """{"voter_ids":[[]]}""", """{"voter_ids":["\ud800"]}""", """{"version":1e2}""",
        """{"observation":{"observation":{}}}""", """{"as_of_time":99999999999999999999999999}""",
        """{"importance":-9223372036854775809}""",
    ];

    public static IEnumerable<string> Services => Nara.Kinds.Services;

    [TestCaseSource(nameof(Services))]
    public void Read_Anything_IsAnswered(string service)
    {
        var deep = string.Concat(Enumerable.Repeat("{\"observation\":", 10_000));
        var wide = "{" + string.Join(",", Enumerable.Range(0, 5_000).Select(i => $"\"m{i}\":[{i}]")) + "}";
        foreach (var text in (string[])[.. Texts, deep, wide, new string('[', 60_000)])
        {
            var (reading, _) = Nara.Read(service, text);
            Assert.That(reading.Problem, Is.Not.Null.And.Not.Contain("\n"), text.Length > 99 ? "long" : text);
            AssertAbilitiesAnswer(service, Encoding.UTF8.GetBytes(text));
        }
    }

    [Test]
    public void Read_NotUtf8_IsNotValid()
    {
        byte[] data = [.. "{\"type\":\"tease\",\"actor\":\""u8, 0xE9, .. "\",\"target\":\"b\"}"u8];
        var reading = Nara.Kinds.Of("social").Read(data, new ArrayBufferWriter<byte>());
        Assert.That(reading.Problem, Does.Contain("UTF-8"));
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Read_EveryByteOfAnEventsDataChanged_IsAnswered(EventVector vector)
    {
        var data = Encoding.UTF8.GetBytes(vector.Event[vector.Service.Replace('-', '_')]!.ToJsonString());
        var kind = Nara.Kinds.Of(vector.Service);
        var content = new ArrayBufferWriter<byte>();
        for (var at = 0; at < data.Length; at++)
            foreach (var value in (byte[])[0, (byte)'"', (byte)'\\', (byte)'9', 0xC3])
            {
                var changed = (byte[])data.Clone();
                changed[at] = value;
                content.ResetWrittenCount();
                kind.Read(changed, content);
                AssertAbilitiesAnswer(vector.Service, changed);
                kind.Read(changed.AsSpan(0, at), content);
            }
        Assert.That(content.Capacity, Is.LessThan(1 << 20), "its memory is bounded");
    }

    // Whatever a signature covers must not change with white space, order, case or escapes.
    [TestCaseSource(typeof(Vectors), nameof(Vectors.Events))]
    public void Read_OtherSpellingOfAnEventsData_HasTheSameContent(EventVector vector)
    {
        var members = vector.Event[vector.Service.Replace('-', '_')]!.AsObject();
        var other = "{\r\n" + string.Join(" ,\t", members.Reverse().Select(
            m => $"\"\\u{(int)m.Key[0]:x4}{m.Key[1..].ToUpperInvariant()}\" : {m.Value!.ToJsonString()}")) + "}";
        var (reading, content) = Nara.Read(vector.Service, other);
        Assert.That((content, reading.IsValid), Is.EqualTo((vector.Content, vector.IsValid)), reading.Problem);
    }

    private static void AssertAbilitiesAnswer(string service, byte[] data)
    {
        var kind = Nara.Kinds.Of(service);
        if (kind is IKeyedKind keyed) _ = keyed.ReadKey(data);
        if (kind is IVouchedKind vouched)
            Assert.That(vouched.ReadVotes(data).Votes, Has.Count.LessThanOrEqualTo(Vouching.MostVotes));
    }
}
