/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What metadata cannot say. Arrays of constant text: the C that Vala makes converts the array, and
 * compilers are content. And an async method that shares its finish function with another. */

namespace Cproc {
  public class Child : GLib.Object {
    [CCode (has_construct_function = false)]
    public Child (
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[] argv);
  }

  public sealed class Command : GLib.Object {
    [CCode (has_construct_function = false)]
    public Command (
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[]? argv);
    [CCode (has_construct_function = false)]
    public Command.module (string path,
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[]? args = null);
    public void set_argv (
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[]? argv);
    public void set_environment (
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[]? environment);
    public void set_exec_argv (
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[]? exec_argv);
  }

  public sealed class Exec : Cproc.Child {
    [CCode (has_construct_function = false)]
    public Exec (
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[] argv);
  }

  public sealed class Pool : GLib.Object, GLib.ListModel {
    [CCode (finish_name = "cproc_pool_request_finish")]
    public async Cproc.Message request_full_async (string method, Cproc.Message? @params,
      int priority, string? key, uint timeout, GLib.Cancellable? cancellable = null)
      throws GLib.Error;
  }

  public sealed class Worker : Cproc.Child {
    [CCode (has_construct_function = false)]
    public Worker (string module,
      [CCode (array_length = false, array_null_terminated = true, type = "const char* const*")]
      string[]? args = null);
  }
}
