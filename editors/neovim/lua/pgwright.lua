--- pgwright in Neovim.
---
--- Neovim 0.11 and later need no more than `vim.lsp.enable('pgwright')`; `setup` does that too, and the like in older
--- ones (0.7.2 and later).
local M = {}

local FILETYPES = { 'sql', 'pgsql', 'postgresql' }
local ROOT_MARKERS = { 'pgwright.toml', '.git' }

--- What each running server said last in `pgwright/status`, by the client's id.
local statuses = {}

--- A table that is an object in JSON even when it is empty.
local function object(table)
  return next(table) == nil and vim.empty_dict() or table
end

--- The whole text of a buffer, which the server asks for when an edit did not fit what it knew.
local function document_text(_, params)
  local buffer = vim.uri_to_bufnr(params.uri)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return nil, { code = -32602, message = params.uri .. ' is not open' }
  end
  local lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, true)
  local ending = ({ dos = '\r\n', mac = '\r' })[vim.bo[buffer].fileformat] or '\n'
  local text = table.concat(lines, ending)
  if vim.bo[buffer].eol or (vim.fn.exists('+fixeol') == 1 and vim.bo[buffer].fixeol) then
    text = text .. ending
  end
  -- What the client has sent so far counts the same way.
  local version = vim.lsp.util.buf_versions and vim.lsp.util.buf_versions[buffer]
    or vim.api.nvim_buf_get_changedtick(buffer)
  return { version = version, text = text }
end

--- The client's capabilities with what this plugin adds to Neovim's.
local function capabilities(given)
  local result = vim.deepcopy(given or vim.lsp.protocol.make_client_capabilities())
  result.experimental = vim.tbl_deep_extend('force', result.experimental or {}, { pgwright = { documentText = true } })
  return result
end

--- The configuration of the client, as `vim.lsp.config` and `vim.lsp.start` take it.
---@param opts table|nil { cmd = {…}, settings = {…}, capabilities = {…}, on_attach = function }
function M.config(opts)
  opts = opts or {}
  local settings = object(opts.settings or {})
  local config = {
    name = 'pgwright',
    cmd = opts.cmd or { 'pgwright', 'lsp' },
    filetypes = FILETYPES,
    root_markers = ROOT_MARKERS,
    init_options = settings,
    settings = { pgwright = settings },
    capabilities = capabilities(opts.capabilities),
    on_attach = opts.on_attach,
    handlers = {
      ['pgwright/documentText'] = document_text,
      ['pgwright/status'] = function(_, status, context)
        statuses[context.client_id] = status
        if vim.api.nvim_exec_autocmds then
          vim.api.nvim_exec_autocmds('User', { pattern = 'PgwrightStatus', modeline = false })
        end
      end,
    },
  }
  return config
end

--- A few words for the status line: how many migrations, which database. Empty without a server.
--- The autocommand `User PgwrightStatus` tells when it changes.
---@return string
function M.status()
  for _, client in ipairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    local status = client.name == 'pgwright' and statuses[client.id]
    if status then
      local parts = {}
      if status.schema.source == 'migrations' then
        table.insert(parts, ('%d migrations'):format(status.schema.migrations))
      elseif status.schema.source ~= 'none' then
        table.insert(parts, ('%d relations'):format(status.schema.relations))
      end
      if status.database.state == 'connected' then
        table.insert(parts, type(status.database.server) == 'string' and status.database.server or 'connected')
      elseif status.database.state ~= 'none' then
        table.insert(parts, 'database ' .. status.database.state)
      end
      return table.concat(parts, ', ')
    end
  end
  return ''
end

--- Reads the migrations and the database again.
function M.refresh_schema()
  for _, client in ipairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if client.name == 'pgwright' then
      local request = { command = 'pgwright.refreshSchema', arguments = {} }
      if vim.fn.has('nvim-0.11') == 1 then
        client:request('workspace/executeCommand', request)
      else
        client.request('workspace/executeCommand', request)
      end
    end
  end
end

--- Shows the trees of the statement at the cursor in a window of their own.
function M.syntax_tree()
  local buffer = vim.api.nvim_get_current_buf()
  for _, client in ipairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
    if client.name == 'pgwright' and vim.lsp.buf_is_attached(buffer, client.id) then
      local encoding = client.offset_encoding
      local params = vim.lsp.util.make_position_params(0, encoding)
      local function show(problem, text)
        if problem then
          vim.notify('pgwright: ' .. problem.message, vim.log.levels.ERROR)
          return
        end
        vim.cmd('new')
        local shown = vim.api.nvim_get_current_buf()
        vim.bo[shown].buftype, vim.bo[shown].bufhidden, vim.bo[shown].swapfile = 'nofile', 'wipe', false
        vim.api.nvim_buf_set_lines(shown, 0, -1, true, vim.split(text or 'no statement', '\n'))
        vim.bo[shown].modifiable = false
      end
      if vim.fn.has('nvim-0.11') == 1 then
        client:request('pgwright/syntaxTree', params, show, buffer)
      else
        client.request('pgwright/syntaxTree', params, show, buffer)
      end
      return
    end
  end
  vim.notify('pgwright does not run in this buffer', vim.log.levels.WARN)
end

--- The nearest folder above a file with one of the markers; the first marker wins wherever it lies.
local function find_root(path)
  local folder = vim.fn.fnamemodify(path, ':p:h')
  for _, marker in ipairs(ROOT_MARKERS) do
    -- A marker is a file or a folder; `.git` is a file in a worktree.
    local found = vim.fn.findfile(marker, vim.fn.escape(folder, ' ,;') .. ';')
    if found ~= '' then
      return vim.fn.fnamemodify(found, ':p:h')
    end
    found = vim.fn.finddir(marker, vim.fn.escape(folder, ' ,;') .. ';')
    if found ~= '' then
      return vim.fn.fnamemodify(found, ':p:h:h')
    end
  end
  return folder
end

--- Clients by root, for Neovim 0.7, which cannot find a running one by itself.
local started = {}

local function start(buffer, opts)
  local path = vim.api.nvim_buf_get_name(buffer)
  if path == '' or vim.bo[buffer].buftype ~= '' then
    return
  end
  local config = M.config(opts)
  config.root_dir = find_root(path)
  config.filetypes, config.root_markers = nil, nil
  -- Neovim sends these folders when it starts a client; before 0.8 it left them out.
  config.workspace_folders = { { uri = vim.uri_from_fname(config.root_dir), name = config.root_dir } }

  if vim.lsp.start then
    vim.lsp.start(config, { bufnr = buffer })
    return
  end
  config.on_exit = function()
    started[config.root_dir] = nil
  end
  started[config.root_dir] = started[config.root_dir] or vim.lsp.start_client(config)
  if started[config.root_dir] then
    vim.lsp.buf_attach_client(buffer, started[config.root_dir])
  end
end

--- Starts the server for every SQL buffer.
---@param opts table|nil as for `config`, and `inlay_hints = false` to leave Neovim's inlay hints as they are
function M.setup(opts)
  opts = opts or {}
  local group = vim.api.nvim_create_augroup('pgwright', { clear = true })

  vim.api.nvim_create_user_command('PgwrightRefreshSchema', M.refresh_schema, {
    desc = 'Read the migrations and the database again',
    force = true,
  })

  vim.api.nvim_create_user_command('PgwrightSyntaxTree', M.syntax_tree, {
    desc = 'Show the syntax tree of the statement at the cursor',
    force = true,
  })

  if opts.inlay_hints ~= false and vim.lsp.inlay_hint and vim.fn.has('nvim-0.10') == 1 then
    vim.api.nvim_create_autocmd('LspAttach', {
      group = group,
      callback = function(event)
        local client = vim.lsp.get_client_by_id(event.data.client_id)
        if client and client.name == 'pgwright' then
          vim.lsp.inlay_hint.enable(true, { bufnr = event.buf })
        end
      end,
    })
  end

  if vim.lsp.config and vim.lsp.enable then
    vim.lsp.config('pgwright', M.config(opts))
    vim.lsp.enable('pgwright')
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = FILETYPES,
    callback = function(event)
      start(event.buf, opts)
    end,
  })
end

return M
