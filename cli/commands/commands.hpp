#pragma once

namespace CLI {
class App;
}

namespace stravinsky::cli {

class Session;

// Each adds its command, with its options, its help and its callback, to a parent.
void add_init(CLI::App& app, Session& session);
void add_snapshot(CLI::App& app, Session& session);
void add_create(CLI::App& app, Session& session);
void add_backup_create(CLI::App& backup, Session& session);
void add_list(CLI::App& app, Session& session);
void add_backup_list(CLI::App& group, Session& session);  ///< under `backup` and `rollback`
void add_show(CLI::App& app, Session& session);
void add_backup_show(CLI::App& group, Session& session);  ///< under `backup` and `rollback`
void add_status(CLI::App& app, Session& session);
void add_diff(CLI::App& app, Session& session);
void add_ls(CLI::App& app, Session& session);
void add_cat(CLI::App& app, Session& session);
void add_dump(CLI::App& app, Session& session);
void add_find(CLI::App& app, Session& session);
void add_log(CLI::App& app, Session& session);
void add_describe(CLI::App& app, Session& session);
void add_tag(CLI::App& app, Session& session);
void add_pin(CLI::App& app, Session& session);  ///< `pin` and `unpin`
void add_rename(CLI::App& app, Session& session);
void add_checkout(CLI::App& app, Session& session);
void add_recovery(CLI::App& recovery, Session& session);
void add_rollback(CLI::App& rollback, Session& session);  ///< `rollback to`, `undo` and `redo`
void add_operations(CLI::App& app, Session& session);
void add_run(CLI::App& app, Session& session);
void add_update(CLI::App& app, Session& session);
void add_mark_good(CLI::App& app, Session& session);
void add_validate(CLI::App& app, Session& session);
void add_verify(CLI::App& app, Session& session);
void add_backup_verify(CLI::App& backup, Session& session);
void add_audit_log(CLI::App& audit, Session& session);
void add_audit_show(CLI::App& audit, Session& session);
void add_audit_diff(CLI::App& audit, Session& session);
void add_audit_verify(CLI::App& audit, Session& session);
void add_audit_checkpoint(CLI::App& audit, Session& session);
void add_audit_restore_refs(CLI::App& audit, Session& session);
void add_audit_export(CLI::App& audit, Session& session);
void add_key(CLI::App& app, Session& session);
void add_profile(CLI::App& app, Session& session);
void add_config(CLI::App& app, Session& session);
void add_completion(CLI::App& app, Session& session);
void add_version(CLI::App& app, Session& session);
void add_help(CLI::App& app, Session& session);

}  // namespace stravinsky::cli
