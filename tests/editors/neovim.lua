-- Runs inside a headless Neovim; tests/editors/neovim.rs starts it, in a copy of the demo's shop.
-- Every step prints `ok <step>` or `failed <step>: <why>`; `done` is the last line.

local shop = assert(vim.env.PGWRIGHT_TEST_SHOP)
local server = assert(vim.env.PGWRIGHT_TEST_SERVER)
local way = assert(vim.env.PGWRIGHT_TEST_WAY)
local patience = tonumber(vim.env.PGWRIGHT_TEST_PATIENCE or '20000')

local function say(line)
  io.stdout:write(line, '\n')
  io.stdout:flush()
end

local function step(name, run)
  local ok, message = xpcall(run, function(error)
    return type(error) == 'string' and error or vim.inspect(error)
  end)
  say(ok and ('ok ' .. name) or ('failed ' .. name .. ': ' .. tostring(message):gsub('\n', '\n    ')))
end

-- The condition's first true value; an error naming what was waited for after that.
local function eventually(what, condition)
  local value
  if not vim.wait(patience, function()
    value = condition()
    return value
  end, 20) then
    local last = type(what) == 'function' and what() or what
    error('waited in vain for ' .. last, 0)
  end
  return value
end

local function open(path)
  vim.cmd.edit(vim.fn.fnameescape(shop .. '/' .. path))
  local buffer = vim.api.nvim_get_current_buf()
  eventually('a client for ' .. path, function()
    return vim.lsp.get_clients({ bufnr = buffer, name = 'pgwright' })[1]
  end)
  return buffer
end

local function text(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), '\n')
end

-- The zero-based line and byte column of a piece of text; the cursor goes there, `offset` bytes in.
local function go(buffer, needle, offset)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, true)) do
    local column = line:find(needle, 1, true)
    if column then
      vim.api.nvim_win_set_cursor(0, { number, column - 1 + (offset or 0) })
      return number - 1, column - 1
    end
  end
  error('no ' .. needle .. ' in the buffer', 0)
end

local function request(buffer, method, params)
  local answers, problem = vim.lsp.buf_request_sync(buffer, method, params, patience)
  assert(answers, problem)
  local _, answer = next(answers)
  assert(answer, 'no answer to ' .. method)
  assert(not answer.err, vim.inspect(answer.err))
  return answer.result
end

local function here()
  local client = vim.lsp.get_clients({ bufnr = 0, name = 'pgwright' })[1]
  return vim.lsp.util.make_position_params(0, client.offset_encoding)
end

local function marked(buffer, diagnostic)
  return table.concat(
    vim.api.nvim_buf_get_text(
      buffer,
      diagnostic.lnum,
      diagnostic.col,
      diagnostic.end_lnum,
      diagnostic.end_col,
      {}
    ),
    '\n'
  )
end

-- How the client is started: as 0.11 does it, and as `setup` does it in this and in older versions.
vim.opt.runtimepath:prepend(assert(vim.env.PGWRIGHT_TEST_PLUGIN))
vim.cmd('filetype on')
vim.lsp.set_log_level('debug')
local exit_code
if way == 'enable' then
  vim.lsp.config('pgwright', {
    cmd = { server, 'lsp' },
    on_exit = function(code)
      exit_code = code
    end,
  })
  vim.lsp.enable('pgwright')
  vim.lsp.inlay_hint.enable(true)
else
  if way == 'start' or way == 'start_client' then
    vim.lsp.config, vim.lsp.enable = nil, nil
  end
  if way == 'start_client' then
    vim.lsp.start = nil
  end
  require('pgwright').setup { cmd = { server, 'lsp' }, settings = { rules = { ['42P01'] = 'error' } } }
end

local orders

step('diagnostic', function()
  orders = open('queries/orders_by_customer.sql')
  local function described()
    return vim.inspect(vim.tbl_map(function(it)
      return { it.code, it.message, marked(orders, it) }
    end, vim.diagnostic.get(orders)))
  end
  eventually('a diagnostic', function()
    return #vim.diagnostic.get(orders) > 0
  end)
  -- Time for what should not come: the same one a second time, by another way.
  vim.wait(300)
  local all = vim.diagnostic.get(orders)
  assert(#all == 1, 'not one diagnostic but: ' .. described())
  assert(all[1].code == '42703', described())
  assert(all[1].severity == vim.diagnostic.severity.ERROR, described())
  assert(marked(orders, all[1]) == 'totl_cents' or marked(orders, all[1]) == 'o.totl_cents', described())
end)

-- The other ways differ only in how they start the client.
if way == 'enable' then
  step('completion', function()
    vim.api.nvim_set_current_buf(orders)
    local row, column = go(orders, 'o.totl_cents', 0)
    vim.api.nvim_buf_set_text(orders, row, column + 2, row, column + #'o.totl_cents', { '' })
    vim.api.nvim_win_set_cursor(0, { row + 1, column + 2 })
    local result = request(orders, 'textDocument/completion', here())
    local labels = vim.tbl_map(function(item)
      return item.label
    end, result.items or result)
    for _, expected in ipairs { 'total_cents', 'customer_id', 'shipping_address_id' } do
      assert(vim.tbl_contains(labels, expected), 'no ' .. expected .. ' among ' .. vim.inspect(labels))
    end
    assert(not vim.tbl_contains(labels, 'unit_price_cents'), 'a column of another table')
    vim.cmd.undo()
    assert(text(orders):find('totl_cents', 1, true), 'undone')
  end)

  step('hover', function()
    go(orders, 'FROM orders', #'FROM or')
    local result = request(orders, 'textDocument/hover', here())
    assert(result, 'no hover')
    local shown = table.concat(vim.lsp.util.convert_input_to_markdown_lines(result.contents), '\n')
    for _, expected in ipairs { 'total_cents', 'customer_id', 'order_status', 'One row per checkout' } do
      assert(shown:find(expected, 1, true), 'no ' .. expected .. ' in:\n' .. shown)
    end
  end)

  step('fix', function()
    local row = go(orders, 'totl_cents', 2)
    vim.lsp.buf.code_action {
      apply = true,
      filter = function(action)
        return action.title:find('total_cents', 1, true) ~= nil
      end,
    }
    eventually(function()
      return 'the fix in: ' .. vim.api.nvim_buf_get_lines(orders, row, row + 1, true)[1]
    end, function()
      return vim.api.nvim_buf_get_lines(orders, row, row + 1, true)[1]:find('o.total_cents,', 1, true)
    end)
    eventually('no diagnostic any more', function()
      return #vim.diagnostic.get(orders) == 0
    end)
  end)

  step('two syntax errors', function()
    local buffer = open('queries/revenue.sql')
    vim.api.nvim_buf_set_lines(buffer, 0, -1, true, {
      'SELECT id, total_cents,',
      'FROM orders',
      'WHERE customer_id = 1',
      'ODER BY id;',
    })
    local function described()
      return vim.inspect(vim.tbl_map(function(it)
        return { it.message, marked(buffer, it) }
      end, vim.diagnostic.get(buffer)))
    end
    eventually(function()
      return 'two diagnostics in ' .. described()
    end, function()
      return #vim.diagnostic.get(buffer) == 2
    end)
    local all = vim.diagnostic.get(buffer)
    table.sort(all, function(one, other)
      return one.lnum < other.lnum
    end)
    assert(marked(buffer, all[1]) == 'FROM' and all[1].lnum == 1, described())
    assert(marked(buffer, all[2]) == 'ODER' and all[2].lnum == 3, described())
    for _, fix in ipairs { { 'FROM', 'Remove `,`' }, { 'ODER', 'Change to `ORDER`' } } do
      local before = text(buffer)
      go(buffer, fix[1], 1)
      vim.lsp.buf.code_action {
        apply = true,
        filter = function(action)
          return action.title == fix[2]
        end,
      }
      eventually(fix[2], function()
        return text(buffer) ~= before
      end)
    end
    eventually(function()
      return 'no diagnostic any more but ' .. described() .. ' in:\n' .. text(buffer)
    end, function()
      return #vim.diagnostic.get(buffer) == 0
    end)
    vim.cmd('edit!')
  end)

  step('inlay hint', function()
    local migration = open('db/migrations/0006_order_numbers.sql')
    local function labels()
      return vim.tbl_map(function(hint)
        local label = hint.inlay_hint.label
        if type(label) == 'table' then
          label = table.concat(vim.tbl_map(function(part)
            return part.value
          end, label))
        end
        return hint.inlay_hint.position.line .. ': ' .. label
      end, vim.lsp.inlay_hint.get { bufnr = migration })
    end
    eventually(function()
      return 'a hint with ACCESS EXCLUSIVE for both statements among ' .. vim.inspect(labels())
    end, function()
      local found = vim.tbl_filter(function(label)
        return label:find('ACCESS EXCLUSIVE', 1, true)
      end, labels())
      return #found == 2
    end)
    assert(table.concat(labels(), '\n'):find('rewrite'), vim.inspect(labels()))
  end)

  step('structure', function()
    local migration = open('db/migrations/0006_order_numbers.sql')
    local document = { textDocument = vim.lsp.util.make_text_document_params(migration) }
    local names = vim.tbl_map(function(symbol)
      return symbol.name
    end, request(migration, 'textDocument/documentSymbol', document))
    assert(vim.tbl_contains(names, 'ALTER TABLE orders'), vim.inspect(names))
    local revenue = open('queries/revenue.sql')
    document = { textDocument = vim.lsp.util.make_text_document_params(revenue) }
    local folds = request(revenue, 'textDocument/foldingRange', document)
    assert(#folds > 0 and folds[1].endLine > folds[1].startLine, vim.inspect(folds))
    -- Neovim asks for the colours by itself, and marks the text with them.
    local row, column = go(revenue, 'monthly')
    eventually('the colour of a name', function()
      local tokens = vim.lsp.semantic_tokens.get_at_pos(revenue, row, column)
      return tokens and tokens[1] and tokens[1].type == 'interface'
    end)
    require('pgwright').syntax_tree()
    eventually('the syntax tree', function()
      local shown = vim.api.nvim_get_current_buf()
      return shown ~= revenue and text(shown):find('common_table_expr', 1, true)
    end)
    vim.cmd.close()
  end)

  step('code action', function()
    local queries = open('queries/open_orders.sql')
    local row, column = go(queries, "status = 'pending'")
    local params = here()
    params.range = { start = params.position, ['end'] = params.position }
    params.position = nil
    params.context = { diagnostics = {}, triggerKind = 1 }
    assert(column and row)
    local titles = vim.tbl_map(function(action)
      return action.title
    end, request(queries, 'textDocument/codeAction', params) or {})
    local fitting = vim.tbl_filter(function(title)
      return title:find('^Add partial index')
    end, titles)
    assert(#fitting == 1, 'the actions are ' .. vim.inspect(titles))

    vim.lsp.buf.code_action {
      apply = true,
      filter = function(action)
        return action.title == fitting[1]
      end,
    }
    local created = eventually('a new migration', function()
      for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
        local name = vim.api.nvim_buf_get_name(buffer)
        if name:find('/db/migrations/0013[^/]*%.sql$') and text(buffer) ~= '' then
          return buffer
        end
      end
    end)
    local sql = text(created)
    for _, expected in ipairs { 'CREATE INDEX CONCURRENTLY', 'customer_id', 'created_at', "WHERE status = 'pending'" } do
      assert(sql:lower():find(expected:lower(), 1, true), 'no ' .. expected .. ' in:\n' .. sql)
    end
    assert(not sql:find('PRIMARY', 1, true))
    -- The new migration is part of the history at once: the index exists, and is not offered again.
    vim.api.nvim_set_current_buf(queries)
    eventually('the action to go away', function()
      return #vim.tbl_filter(function(action)
        return action.title:find('^Add partial index')
      end, request(queries, 'textDocument/codeAction', params) or {}) == 0
    end)
  end)
end

step('status', function()
  eventually('the status of the server', function()
    return require('pgwright').status():find('^%d+ migrations')
  end)
end)

step('document text', function()
  -- The server asks only when an edit did not fit; here it is asked for by hand.
  local client = vim.lsp.get_clients({ name = 'pgwright' })[1]
  assert(client.config.capabilities.experimental.pgwright.documentText == true)
  local before = vim.lsp.util.buf_versions[orders]
  local result = client.handlers['pgwright/documentText'](nil, { uri = vim.uri_from_bufnr(orders) }, {})
  assert(result.version == before, vim.inspect(result))
  assert(result.text == text(orders) .. '\n', vim.inspect(result.text))
  local _, problem = client.handlers['pgwright/documentText'](nil, { uri = 'file:///nowhere.sql' }, {})
  assert(problem.message:find('not open', 1, true))
end)

step('exit', function()
  local clients = vim.lsp.get_clients { name = 'pgwright' }
  assert(#clients == 1, #clients .. ' clients')
  assert(vim.uri_to_fname(clients[1].workspace_folders[1].uri) == shop, vim.inspect(clients[1].workspace_folders))
  clients[1]:stop()
  eventually('the end of the server', function()
    return clients[1]:is_stopped()
  end)
  if way == 'enable' then
    eventually('its exit code', function()
      return exit_code
    end)
    assert(exit_code == 0, 'exit code ' .. exit_code)
  end
end)

say('done')
vim.cmd('qall!')
