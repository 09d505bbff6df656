namespace PluginNode.FileStore.Tests;

[TestFixture]
public sealed class FolderDiskTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory("pluginnode-disk-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    // A folder may not be deleted or opened as a file, whoever asks: the tests may run as a user who may do anything.
    [Test]
    public void WhatMayNotBeDone_IsAnErrorOfTheDisk()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "in-the-way"));
        var disk = new FolderDisk(_folder);
        Assert.That(() => disk.Delete("in-the-way"), Throws.InstanceOf<IOException>());
        Assert.That(() => disk.Open("in-the-way", create: false), Throws.InstanceOf<IOException>());
        Assert.That(() => disk.Open("in-the-way", create: true), Throws.InstanceOf<IOException>());
    }
}
