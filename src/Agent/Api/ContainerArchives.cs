using System.Globalization;
using System.Text;
using System.Text.Json;
using Skiff.Agent.Api.Http;
using Skiff.Agent.Cli.Copying;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Api;

/// <summary>ContainerArchive, ContainerArchiveInfo and PutContainerArchive: files of a container, running or not.
/// </summary>
internal static class ContainerArchives
{
    private const string StatHeader = "X-Docker-Container-Path-Stat";

    /// <summary>HEAD /containers/{id}/archive.</summary>
    public static Task Stat(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        Engine engine = server.Open();
        using ContainerTree tree = engine.OpenTree(engine.Containers.Find(x.Id), writable: false);
        x.SetHeader(StatHeader, StatOf(PathOf(tree, x)));
        return null;
    });

    /// <summary>GET /containers/{id}/archive.</summary>
    public static Task Get(ApiServer server, Exchange x) => ApiServer.RunAsync(() =>
    {
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        using ContainerTree tree = engine.OpenTree(config, writable: false);
        CopyPath path = PathOf(tree, x);
        x.SetHeader(StatHeader, StatOf(path));
        engine.Events.Write(config, "archive-path");
        TarAnswer.Send(x, "application/x-tar",
            sink => ContainerArchive.Write(tree, path, follow: false, sink, x.Gone));
    });

    /// <summary>PUT /containers/{id}/archive. Files have the owners that the tar says, with copyUIDGID and without.
    /// </summary>
    public static Task Put(ApiServer server, Exchange x) => ApiServer.WorkAsync(x, 200, _ =>
    {
        bool replaces = !x.Request.Query.Flag("noOverwriteDirNonDir");
        Engine engine = server.Open();
        ContainerConfig config = engine.Containers.Find(x.Id);
        using ContainerTree tree = engine.OpenTree(config, writable: true);
        CopyPath path = PathOf(tree, x);
        engine.Events.Write(config, "extract-to-dir");
        try
        {
            ContainerArchive.Writing(tree, path,
                () => ContainerArchive.Extract(tree, path, x.Body, replaces, x.Gone));
            return null;
        }
        catch (ImageException e)
        {
            throw ApiException.Bad(e.Message);
        }
    });

    private static CopyPath PathOf(ContainerTree tree, Exchange x) =>
        CopyPath.InContainer(tree.Root, x.Id, x.Request.Query.Value("path") ?? "");

    private static string StatOf(CopyPath path)
    {
        FileStatus status = CopyEnds.Stat(path);
        using var stream = new MemoryStream();
        using (var w = new Utf8JsonWriter(stream))
        {
            w.WriteStartObject();
            w.WriteString("name", path.IsContent ? "." : path.Path == "/" ? "/" : path.Name);
            w.WriteNumber("size", status.Size);
            w.WriteNumber("mode", GoMode(status));
            w.WriteString("mtime", Time(status));
            w.WriteString("linkTarget", status.IsSymlink ? path.FollowLinks().Path : "");
            w.WriteEndObject();
        }
        return Convert.ToBase64String(stream.GetBuffer(), 0, (int)stream.Length);
    }

    // The bits of Go's io/fs FileMode, in which the types of files have other places than in st_mode.
    private static uint GoMode(FileStatus status) => (status.Mode & 0x1FF)
        | (status.Mode & 0x800) << 12 | (status.Mode & 0x400) << 12 | (status.Mode & 0x200) << 11
        | status.Type switch
        {
            FileType.DT_DIR => 1u << 31,
            FileType.DT_LNK => 1u << 27,
            FileType.DT_BLK => 1u << 26,
            FileType.DT_CHR => 1u << 26 | 1u << 21,
            FileType.DT_FIFO => 1u << 25,
            FileType.DT_SOCK => 1u << 24,
            _ => 0,
        };

    // What a file claims may be outside of what a date can be.
    private static string Time(FileStatus status)
    {
        long seconds = Math.Clamp(status.MtimeSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(),
            DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return string.Create(CultureInfo.InvariantCulture,
            $"{DateTimeOffset.FromUnixTimeSeconds(seconds):yyyy-MM-dd'T'HH:mm:ss}.{status.MtimeNanoseconds:d9}Z");
    }
}
