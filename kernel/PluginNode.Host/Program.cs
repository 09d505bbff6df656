return await PluginNode.Commands.CommandLine.RunAsync(args);
