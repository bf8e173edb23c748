-- One of each, so that whoever gets it by mistake is seen in the server's log, also from a transaction that only reads.
set search_path = pg_catalog;
do $$
declare
    operator record; function record; number int := 0; made text;
    kinds regtype[] := '{name,text,oid,int2,int4,int8,float4,float8,bool,"char",regclass,varchar,timestamptz,interval,numeric}';
    l regtype; r regtype; word text;
begin
    -- What is there, with the same types.
    for operator in select distinct o.oprname, o.oprleft::regtype as l, o.oprright::regtype as r, o.oprresult::regtype as result
            from pg_operator o join pg_proc p on p.oid = o.oprcode where o.oprleft <> 0 loop
        number := number + 1;
        made := format('public.%I', 'captor_' || number);
        begin
            execute format('create function %s(%s, %s) returns %s language plpgsql stable as %L', made, operator.l, operator.r, operator.result,
                format('begin raise log %L; return null; end', 'captured the operator ' || operator.oprname || '(' || operator.l || ',' || operator.r || ')'));
            execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = %s)', operator.oprname, operator.l, operator.r, made);
        exception when others then null;
        end;
    end loop;
    for function in select p.oid, p.proname, p.prokind, pg_get_function_identity_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result
            from pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f'
            and not exists (select from pg_type t where t.oid = any (p.proargtypes::oid[] || p.prorettype) and t.typname in ('internal', 'cstring', 'any', 'trigger', 'event_trigger'))
            and proname !~ '^(float|int|text|name|oid|bt|hash|gin|gist|spg|brin|ts|num|date|time|interval|poly|box|circle|path|point|lseg|line|macaddr|uuid|jsonb?|array|range|multirange|inet|network|varbit|bit|byte|cash|enum)' loop
        begin
            execute format('create function public.%I(%s) returns %s language plpgsql stable as %L', function.proname, function.arguments, function.result,
                format('begin raise log %L; %s end', 'captured the function ' || function.proname, case when function.result ~ '^(SETOF|TABLE|void)' then 'return;' else 'return null;' end));
        exception when others then null;
        end;
    end loop;
    -- What fits better than what is there.
    foreach l in array kinds loop
        foreach r in array kinds loop
            number := number + 1;
            made := format('public.%I', 'captor_' || number);
            foreach word in array '{bool,text,float8,interval}'::text[] loop
                execute format('create function %s(%s, %s) returns %s language plpgsql stable as %L', made || '_' || word, l, r, word,
                    format('begin raise log %L; return null; end', 'captured an operator of ' || l || ',' || r));
            end loop;
            foreach word in array '{=,<>,<,>,<=,>=,~,!~,~~,!~~,~*,||,-,*,+}'::text[] loop
                begin
                    execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = %s)', word, l, r,
                        made || '_' || case when word = '||' then 'text' when word in ('-', '*', '+') then case when l = 'timestamptz'::regtype then 'interval' else 'float8' end else 'bool' end);
                exception when duplicate_function then null;
                end;
            end loop;
            foreach word in array '{has_database_privilege,obj_description,col_description,format_type,pg_get_expr,date_part,array_position,current_setting}'::text[] loop
                begin
                    execute format('create function public.%I(%s, %s) returns text language plpgsql stable as %L', word, l, r, format('begin raise log %L; return null; end', 'captured the function ' || word));
                exception when duplicate_function then null;
                end;
            end loop;
        end loop;
        foreach word in array '{quote_ident,floor,count,unnest,to_regclass,parse_ident,pg_get_userbyid,pg_encoding_to_char,pg_database_size,pg_total_relation_size,pg_get_indexdef,pg_get_constraintdef,pg_cancel_backend,current_schemas,abs,coalesce,concat}'::text[] loop
            begin
                execute format('create function public.%I(%s) returns text language plpgsql stable as %L', word, l, format('begin raise log %L; return null; end', 'captured the function ' || word));
            exception when duplicate_function then null;
            end;
        end loop;
    end loop;
    -- Tables and types of the same names.
    execute 'create function public.captor(text) returns bool language plpgsql stable as ''begin raise log $l$captured by %$l$, $1; return true; end''';
    for word in select relname from pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind in ('r', 'v') and relname ~ '^pg_' loop
        begin
            execute format('create view public.%I as select * from pg_catalog.%I where public.captor(%L)', word, word, word);
        exception when insufficient_privilege or invalid_table_definition or invalid_column_definition then null;
        end;
    end loop;
    foreach word in array '{text,name,oid,int2,int4,int8,float4,float8,bool,char,regclass,numeric,interval}'::text[] loop
        execute format('create domain public.%I as pg_catalog.%I check (public.captor(%L))', word, word, 'the type ' || word);
    end loop;
    execute 'create function public.captor_step(int8) returns int8 language plpgsql as ''begin raise log $l$captured by an aggregate$l$; return 0; end''';
    execute 'create aggregate public.count(*) (sfunc = public.captor_step, stype = int8, initcond = ''0'')';
    execute 'create function public.captor_step(text, text, text) returns text language plpgsql as ''begin raise log $l$captured by an aggregate$l$; return null; end''';
    execute 'create aggregate public.string_agg(text, text) (sfunc = public.captor_step, stype = text)';
end $$;
